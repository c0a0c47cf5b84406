// The page: shows a talk, and hands over what the visitor does.
import { arrange, initial, make } from './element.js'
import { dayName, renderDay, renderMessage } from './message.js'
import { strings } from './strings.js'
import { Talk } from './talk.js'

const $ = (id) => document.getElementById(id)
const params = new URLSearchParams(location.search)
const known = ['name', 'email', 'identifier', 'identifier_hash'].filter((name) => params.get(name))
const NEAR_THE_END = 80
const PAUSE = 4000
/** Said again while the visitor goes on writing: agents forget it after a while. */
const STILL_TYPING = 15_000
const TEN_MINUTES = 600

const talk = new Talk({
  base: (params.get('base') ?? location.origin).replace(/\/$/, ''),
  inbox: params.get('inbox') ?? '',
  visitor: Object.fromEntries(known.map((name) => [name, params.get(name)])),
  onChange: render,
})

/** The page's own state: files to be sent, whether the end is in view, which messages came while it was open. */
const view = { files: [], isAtEnd: true, isFresh: new Map(), hasNews: false, lastId: 0 }

label()
if (params.get('inbox')) void start()
else {
  notice(strings.noInbox)
  $('title').textContent = strings.them
  $('mark').textContent = initial(strings.them)
}

async function start() {
  await quietly(() => talk.start())
  if (talk.phase === 'ready') rest()
}

/** Where the focus goes when what had it is gone. On a phone the keyboard stays away until it is asked for. */
function rest() {
  $(matchMedia('(pointer: fine)').matches ? 'text' : 'scroll').focus()
}

/** A screen reader reads what is new, not a history that was loaded. */
async function quietly(work) {
  $('said').setAttribute('aria-live', 'off')
  await work()
  setTimeout(() => $('said').setAttribute('aria-live', 'polite'), 1000)
}

// ---- showing ------------------------------------------------------------------------------------

function render() {
  const { phase, inbox, conversation, isResolved } = talk
  const isReady = phase === 'ready'
  const { messages } = talk
  renderState()
  renderMessages(messages)
  $('title').textContent = inbox?.name ?? strings.them
  $('mark').textContent = initial(inbox?.name ?? strings.them)
  document.title =
    talk.unread && document.hidden ? strings.unread(talk.unread, inbox?.name) : (inbox?.name ?? strings.them)
  $('loading').hidden = phase !== 'loading'
  $('welcome').hidden = !isReady || messages.length > 0
  $('earlier').hidden = !talk.hasEarlier
  $('resolve').hidden = !conversation || isResolved || !messages.length
  $('history').hidden = !isReady || (!conversation && !talk.conversations.length)
  $('over').hidden = !isResolved
  $('text').disabled = $('pick').disabled = !isReady
  $('text').placeholder = isResolved ? strings.reopen : strings.placeholder
  $('typing').classList.toggle('shown', Boolean(talk.typing))
  $('typing-text').textContent = talk.typing ? strings.typing(talk.typing) : ''
  if ($('conversations').open) renderTalks()
  enable()
  if (['missing', 'refused', 'failed'].includes(phase)) notice(strings[phase], phase === 'failed' ? start : undefined)
  else if (phase === 'loading') notice('')
  if (view.isAtEnd) toEnd()
  if (isReady) look()
}

function renderState() {
  const connected = talk.isOnline ? (talk.isResolved ? 'resolved' : 'online') : 'offline'
  const shown = { loading: 'loading', ready: connected }[talk.phase] ?? 'error'
  $('state').dataset.state = shown
  const text = strings[shown] ?? ''
  if ($('state').textContent !== text) $('state').textContent = text
}

function renderMessages(messages) {
  const rows = []
  let previous
  for (const [index, message] of messages.entries()) {
    const day = dayOf(message)
    const isNewDay = !previous || dayOf(previous).toDateString() !== day.toDateString()
    if (isNewDay) rows.push(renderDay(day))
    if (!view.isFresh.has(message.key))
      view.isFresh.set(message.key, talk.phase === 'ready' && index === messages.length - 1)
    rows.push(
      renderMessage(message, {
        isFirst: isNewDay || !belongTogether(previous, message),
        isLast: !messages[index + 1] || !belongTogether(message, messages[index + 1]),
        isNew: view.isFresh.get(message.key),
        onRetry: () => send(() => talk.send(message)),
        onSubmit: (values) => attempt(() => talk.submit(message, values)).then(rest),
        onSay: (text) => send(() => talk.write(text)),
        base: talk.base,
        uuid: talk.conversation?.uuid,
      }),
    )
    previous = message
  }
  arrange($('log'), rows)
  const lastId = messages.findLast(({ id }) => id)?.id ?? 0
  if (lastId > view.lastId && view.lastId && !view.isAtEnd && messages.at(-1).message_type !== 0) view.hasNews = true
  view.lastId = lastId
  $('newest').hidden = !view.hasNews
}

const dayOf = (message) => new Date(message.created_at * 1000)

const senderOf = ({ message_type: type, sender }) => (type === 0 ? 'visitor' : `${sender?.type} ${sender?.id}`)

const belongTogether = (one, next) => senderOf(one) === senderOf(next) && next.created_at - one.created_at < TEN_MINUTES

function notice(text, onRetry) {
  const [words, button] = $('notice').children
  words.textContent = text
  $('notice').hidden = !text
  button.hidden = !onRetry
  button.onclick = onRetry
}

/** What the visitor asked for and did not get is said. */
async function attempt(work) {
  try {
    await work()
    notice('')
  } catch {
    notice(strings.failed)
  }
}

// ---- writing ------------------------------------------------------------------------------------

$('form').addEventListener('submit', (event) => {
  event.preventDefault()
  const content = $('text').value.trim()
  if (talk.phase !== 'ready' || (!content && !view.files.length)) return
  const { files } = view
  $('text').value = ''
  view.files = []
  grow()
  tellTyping(false)
  renderFiles()
  send(() => talk.write(content, files))
})

/** Who writes sees what they wrote, and can go on. */
function send(work) {
  const isWriting = [$('text'), $('send')].includes(document.activeElement)
  view.isAtEnd = true
  void work()
  if (isWriting) $('text').focus()
  else rest()
}

$('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  $('form').requestSubmit()
})

let toldTyping = 0
let typingTimer
$('text').addEventListener('input', () => {
  grow()
  enable()
  if (Date.now() - toldTyping > STILL_TYPING) tellTyping(true)
  clearTimeout(typingTimer)
  typingTimer = setTimeout(() => tellTyping(false), PAUSE)
})

function tellTyping(isOn) {
  if (!isOn && !toldTyping) return
  toldTyping = isOn ? Date.now() : 0
  clearTimeout(typingTimer)
  talk.tellTyping(isOn)
}

function grow() {
  const text = $('text')
  text.style.height = 'auto'
  text.style.height = `${Math.min(text.scrollHeight + 2, 140)}px`
}

function enable() {
  $('send').disabled = talk.phase !== 'ready' || (!$('text').value.trim() && !view.files.length)
}

// ---- files --------------------------------------------------------------------------------------

$('pick').addEventListener('change', () => {
  addFiles($('pick').files)
  $('pick').value = ''
})
document.addEventListener('paste', (event) => {
  if (!event.clipboardData?.files.length) return
  event.preventDefault()
  addFiles(event.clipboardData.files)
})
const hasFiles = (event) => event.dataTransfer?.types.includes('Files')
for (const name of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(name, (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    document.body.classList.toggle('dropping', name === 'dragover')
    if (name === 'drop') addFiles(event.dataTransfer.files)
  })
}

function addFiles(files) {
  if (talk.phase !== 'ready') return
  view.files = [...view.files, ...files]
  renderFiles()
  $('text').focus()
}

function renderFiles() {
  $('files').hidden = !view.files.length
  const chip = (file) => {
    const onclick = () => {
      view.files = view.files.filter((other) => other !== file)
      renderFiles()
      $('text').focus()
    }
    return make(
      'li',
      {},
      make(
        'button',
        { type: 'button', onclick, 'aria-label': strings.remove(file.name) },
        make('span', {}, file.name),
        ' ×',
      ),
    )
  }
  $('files').replaceChildren(...view.files.map(chip))
  enable()
}

// ---- reading ------------------------------------------------------------------------------------

$('scroll').addEventListener('scroll', () => {
  const { scrollHeight, scrollTop, clientHeight } = $('scroll')
  view.isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_THE_END
  if (!view.isAtEnd || !view.hasNews) return
  view.hasNews = false
  $('newest').hidden = true
})
// A picture has no height until it is there; a phone's keyboard takes some away.
$('scroll').addEventListener('load', () => view.isAtEnd && toEnd(), true)
addEventListener('resize', () => view.isAtEnd && toEnd())
$('newest').addEventListener('click', toEnd)

function toEnd() {
  $('scroll').scrollTop = $('scroll').scrollHeight
}

$('earlier').addEventListener('click', () =>
  attempt(async () => {
    const { scrollHeight, scrollTop } = $('scroll')
    view.isAtEnd = false
    await quietly(() => talk.earlier())
    $('scroll').scrollTop = scrollTop + $('scroll').scrollHeight - scrollHeight
    if (!talk.hasEarlier) $('scroll').focus()
  }),
)

let lookTimer
function look() {
  clearTimeout(lookTimer)
  if (document.visibilityState === 'visible') lookTimer = setTimeout(() => talk.look(), 500)
}
document.addEventListener('visibilitychange', () => talk.phase === 'ready' && render())

// ---- conversations ------------------------------------------------------------------------------

$('resolve').addEventListener('click', () =>
  attempt(async () => {
    await talk.resolve()
    $('over').querySelector('button').focus()
  }),
)
for (const button of [$('anew'), $('over').querySelector('button')])
  button.addEventListener('click', () => go(() => talk.startAnew()))
$('history').addEventListener('click', () => {
  $('conversations').showModal()
  renderTalks()
  void attempt(() => talk.refreshConversations())
})
$('close').addEventListener('click', () => $('conversations').close())
// A click beside the dialog is one on the dialog itself.
$('conversations').addEventListener(
  'click',
  (event) => event.target === $('conversations') && $('conversations').close(),
)

async function go(work) {
  $('conversations').close()
  Object.assign(view, { isAtEnd: true, hasNews: false, lastId: 0 })
  view.isFresh.clear()
  await quietly(() => attempt(work))
  rest()
}

function renderTalks() {
  const rows = talk.conversations.toReversed().map(({ id, status, messages }) => {
    const last = messages.at(-1)
    const text = last?.content || last?.attachments?.map(() => strings.file).join(', ') || strings.noMessages
    const about = [last && dayName(dayOf(last)), status === 'resolved' ? strings.resolved : strings.open]
      .filter(Boolean)
      .join(' · ')
    const isCurrent = id === talk.conversation?.id
    const onclick = () => go(() => talk.enter(id))
    const open = make(
      'button',
      { type: 'button', onclick, 'aria-current': isCurrent && 'true' },
      make('b', {}, text),
      make('span', {}, about),
    )
    return make('li', { 'data-key': id }, open)
  })
  arrange($('talks'), rows)
}

function label() {
  const texts = {
    title: strings.them,
    earlier: strings.earlier,
    resolve: strings.resolve,
    newest: strings.newest,
    drop: strings.drop,
    anew: strings.startAnew,
    'conversations-title': strings.history,
    'text-label': strings.write,
    'send-label': strings.send,
    'pick-label': strings.attach,
  }
  for (const [id, text] of Object.entries(texts)) $(id).textContent = text
  const names = { history: strings.history, close: strings.close, scroll: strings.log }
  for (const [id, text] of Object.entries(names)) $(id).setAttribute('aria-label', text)
  $('text').placeholder = strings.placeholder
  const [title, text] = $('welcome').children
  title.textContent = strings.welcome
  text.textContent = strings.empty
  const [over, anew] = $('over').children
  over.textContent = strings.over
  anew.textContent = strings.startAnew
  $('notice').lastElementChild.textContent = strings.retry
}

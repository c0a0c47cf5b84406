import { icon, initial, isWebAddress, link, make, withLinks } from './element.js'
import { strings } from './strings.js'

/** One message, sent or under way, as an item of the log. */
export function renderMessage(message, { isFirst, isLast, isNew, onRetry, onSubmit, onSay, base, uuid }) {
  const isDraft = 'echoId' in message
  const isOwn = message.message_type === 0
  const isDeleted = Boolean(message.content_attributes?.deleted)
  const name = isOwn ? strings.you : (message.sender?.available_name ?? message.sender?.name ?? strings.them)
  const classes = {
    message: true,
    own: isOwn,
    first: isFirst,
    last: isLast,
    new: isNew,
    deleted: isDeleted,
    pending: isDraft && !message.failed,
    failed: isDraft && message.failed,
  }
  const text = isDeleted ? strings.deleted : message.content
  const parts = [
    make('span', { class: isFirst && !isOwn ? 'who' : 'hidden' }, name),
    text && make('div', { class: 'bubble' }, ...withLinks(text)),
    ...(message.attachments ?? []).map(attachment),
    ...(message.files ?? []).map((file) => make('div', { class: 'bubble file' }, icon('icon-file'), file.name)),
    ...(isDraft || isDeleted ? [] : interactive(message, { name, onSubmit, onSay, base, uuid })),
    foot(message, { isDraft, isLast, onRetry }),
  ]
  const children = parts.filter(Boolean)
  if (!isOwn && isLast) children.push(make('span', { class: 'face', 'aria-hidden': 'true' }, initial(name)))
  const shown = Object.keys(classes).filter((key) => classes[key])
  return make('li', { class: shown.join(' '), 'data-key': message.key }, ...children)
}

function foot(message, { isDraft, isLast, onRetry }) {
  if (isDraft && message.failed)
    return make('button', { class: 'again', type: 'button', onclick: onRetry }, strings.again)
  if (isDraft) return make('span', { class: 'note' }, strings.sending)
  if (!isLast) return null
  const at = new Date(message.created_at * 1000)
  return make(
    'time',
    { class: 'note', datetime: at.toISOString() },
    at.toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' }),
  )
}

/** The first line of a day. */
export function renderDay(day) {
  return make('li', { class: 'day', 'data-key': `day ${day.toDateString()}` }, make('span', {}, dayName(day)))
}

export function dayName(day, now = new Date()) {
  const yesterday = new Date(now)
  yesterday.setDate(now.getDate() - 1)
  if (day.toDateString() === now.toDateString()) return strings.today
  if (day.toDateString() === yesterday.toDateString()) return strings.yesterday
  return day.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long' })
}

function attachment({ file_type: type, data_url: address, thumb_url: thumb, width, height, fallback_title: title }) {
  const name = title ?? fileName(address)
  switch (type) {
    case 'image':
      return link(address, make('img', { class: 'picture', src: thumb || address, alt: name, width, height }))
    case 'audio':
      return make('audio', { class: 'sound', controls: true, preload: 'none', src: address, 'aria-label': name })
    case 'video':
      return make('video', { class: 'picture', controls: true, preload: 'metadata', src: address, 'aria-label': name })
    default:
      return make('div', { class: 'bubble file' }, icon('icon-file'), link(address, name))
  }
}

function fileName(address) {
  try {
    return decodeURIComponent(new URL(address).pathname.split('/').at(-1)) || strings.file
  } catch {
    return strings.file
  }
}

/** Choices, forms, cards and articles; answered ones show the answer. */
function interactive(message, { name, onSubmit, onSay, base, uuid }) {
  const { items = [], submitted_values: submitted } = message.content_attributes ?? {}
  const answers = [submitted ?? []].flat()
  switch (message.content_type) {
    case 'input_select':
      return [
        answers.length
          ? chosen(answers.map(({ title, value }) => title ?? value).join(', '))
          : choices(items, message.content, onSubmit),
      ]
    case 'form':
      return [answers.length ? answered(items, answers) : form(items, message.content ?? name, onSubmit)]
    case 'cards':
      return [
        make(
          'div',
          { class: 'cards' },
          ...items.map((item) =>
            card(item, (item.actions ?? []).map((action) => cardAction(action, onSay)).filter(Boolean)),
          ),
        ),
      ]
    case 'article':
      return items.map((item) => card({ ...item, title: link(item.link, item.title) }))
    case 'input_csat':
      if (submitted?.csat_survey_response) return [chosen(strings.rated)]
      return uuid ? [make('div', { class: 'choices' }, link(`${base}/survey/responses/${uuid}`, strings.rate))] : []
    default:
      return []
  }
}

const chosen = (text) => make('span', { class: 'note chosen' }, icon('icon-check'), text)

function choices(items, question, onSubmit) {
  const buttons = items.map(({ title, value }) =>
    make('button', { type: 'button', onclick: () => onSubmit([{ title, value }]) }, title),
  )
  return make('div', { class: 'choices', role: 'group', 'aria-label': question || strings.choose }, ...buttons)
}

function form(items, name, onSubmit) {
  const submit = (event) => {
    event.preventDefault()
    onSubmit([...new FormData(event.target)].map(([key, value]) => ({ name: key, value })))
  }
  const fields = items.map((item) =>
    make('label', { class: 'field' }, make('span', {}, item.label ?? item.title ?? item.name), input(item)),
  )
  return make(
    'form',
    { class: 'card', 'aria-label': name, onsubmit: submit },
    ...fields,
    make('button', { class: 'main' }, strings.submit),
  )
}

function input({ type, name, placeholder, required, pattern, pattern_error: title, options = [], default: value }) {
  const attributes = { name, required: Boolean(required), placeholder }
  if (type === 'text_area') return make('textarea', { ...attributes, rows: 3 }, value ?? '')
  if (type === 'select') {
    const all = options.map((option) => (typeof option === 'object' ? option : { label: option, value: option }))
    return make(
      'select',
      attributes,
      ...all.map((option) => make('option', { value: option.value, selected: option.value === value }, option.label)),
    )
  }
  const isKnown = ['email', 'number', 'tel', 'url', 'date', 'checkbox'].includes(type)
  return make('input', { ...attributes, type: isKnown ? type : 'text', value, pattern, title })
}

function answered(items, answers) {
  const pairs = answers.flatMap(({ name, title, value }) => {
    const asked = items.find((item) => item.name === name)
    const option = asked?.options?.find((one) => one.value === value)
    return [
      make('dt', {}, title ?? asked?.label ?? name ?? ''),
      make('dd', {}, option?.label || value || strings.noAnswer),
    ]
  })
  return make('div', { class: 'card' }, make('dl', {}, ...pairs), chosen(strings.chosen))
}

/** A button without an address says its own words. */
function cardAction({ type, uri, text }, onSay) {
  if (type === 'link' || uri) return isWebAddress(uri) && link(uri, text)
  return make('button', { type: 'button', onclick: () => onSay(text) }, text)
}

function card({ title, description, media_url: picture }, actions = []) {
  return make(
    'div',
    { class: 'card' },
    isWebAddress(picture) && make('img', { src: picture, alt: '' }),
    title && make('h2', {}, title),
    description && make('p', {}, description),
    actions.length > 0 && make('div', { class: 'actions' }, ...actions),
  )
}

import { strings } from './strings.js'

/** An element with text only: nothing a message holds is ever read as HTML. */
function make(tag, className, text) {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text !== undefined && text !== null) element.textContent = text
  return element
}

const LINK = /https?:\/\/[^\s<>"']{1,2000}/g

/** Text in which web addresses can be followed. */
function withLinks(text) {
  const parts = []
  let from = 0
  for (const { 0: address, index } of text.matchAll(LINK)) {
    parts.push(text.slice(from, index), link(address, address))
    from = index + address.length
  }
  return [...parts, text.slice(from)]
}

function link(address, text) {
  const element = make('a', '', text)
  if (/^https?:/.test(address)) element.href = address
  element.target = '_blank'
  element.rel = 'noopener noreferrer'
  return element
}

/** One message, sent or under way, as an item of the log. */
export function renderMessage(message, { isFirst, onRetry, onSubmit, base, uuid }) {
  const isDraft = 'echoId' in message
  const isOwn = isDraft || message.message_type === 0
  const item = make('li', `message${isOwn ? ' own' : ''}${isFirst ? ' first' : ''}${isDraft ? (message.failed ? ' failed' : ' pending') : ''}`)
  item.dataset.key = isDraft ? `draft ${message.echoId}` : String(message.id)
  item.dataset.version = JSON.stringify([isFirst, message.failed, message.content, message.content_type, message.content_attributes, message.attachments?.length])
  const name = isOwn ? strings.you : (message.sender?.available_name ?? message.sender?.name ?? strings.them)
  if (isFirst && !isOwn) item.append(make('span', 'who', name))
  else item.append(make('span', 'hidden', name))
  if (message.content) {
    const bubble = make('div', 'bubble')
    bubble.append(...withLinks(message.content))
    item.append(bubble)
  }
  for (const file of message.attachments ?? []) item.append(attachment(file))
  for (const file of message.files ?? []) item.append(make('div', 'bubble', file.name))
  if (!isDraft) item.append(...interactive(message, { onSubmit, base, uuid }))
  if (isDraft && message.failed) {
    const retry = make('button', 'quiet', strings.again)
    retry.type = 'button'
    retry.onclick = onRetry
    item.append(retry)
  } else if (isDraft) item.append(make('span', 'note', strings.sending))
  return item
}

function attachment(file) {
  const bubble = make('div', 'bubble')
  const name = decodeURIComponent(file.data_url?.split('/').at(-1) ?? strings.file)
  if (file.file_type === 'image' && file.thumb_url) {
    const picture = make('img')
    picture.src = file.thumb_url
    picture.alt = name
    const open = link(file.data_url, '')
    open.append(picture)
    bubble.append(open)
  } else bubble.append(link(file.data_url ?? '', name))
  return bubble
}

/** Choices, forms, cards and articles; answered ones show the answer. */
function interactive(message, { onSubmit, base, uuid }) {
  const { items = [], submitted_values: submitted } = message.content_attributes ?? {}
  switch (message.content_type) {
    case 'input_select':
      return submitted ? [make('span', 'note', [submitted].flat().map(({ title }) => title).join(', '))] : [choices(items, onSubmit)]
    case 'form':
      return submitted ? [make('span', 'note', strings.chosen)] : [form(items, onSubmit)]
    case 'cards':
      return items.map((item) => card(item, item.actions.filter(({ uri }) => uri).map(({ uri, text }) => link(uri, text))))
    case 'article':
      return items.map((item) => card(item, [link(item.link, item.title)]))
    case 'input_csat':
      return [link(`${base}/survey/responses/${uuid}`, strings.rate)]
    default:
      return []
  }
}

function choices(items, onSubmit) {
  const group = make('div', 'choices')
  for (const { title, value } of items) {
    const button = make('button', '', title)
    button.type = 'button'
    button.onclick = () => onSubmit([{ title, value }])
    group.append(button)
  }
  return group
}

function form(items, onSubmit) {
  const element = make('form', 'card')
  for (const item of items) {
    const field = make('label', 'field', item.label ?? item.name)
    const input = item.type === 'select' ? make('select') : make(item.type === 'text_area' ? 'textarea' : 'input')
    if (item.type === 'select') for (const option of item.options ?? []) input.append(new Option(option.label, option.value))
    else if (item.type === 'email') input.type = 'email'
    input.name = item.name
    input.placeholder = item.placeholder ?? ''
    input.value ||= item.default ?? ''
    input.required = Boolean(item.required)
    field.append(input)
    element.append(field)
  }
  element.append(make('button', '', strings.submit))
  element.onsubmit = (event) => {
    event.preventDefault()
    onSubmit([...new FormData(element)].map(([name, value]) => ({ name, value })))
  }
  return element
}

function card({ title, description, media_url: picture }, links) {
  const element = make('div', 'card')
  if (picture && /^https?:/.test(picture)) element.append(Object.assign(make('img'), { src: picture, alt: '' }))
  element.append(make('h2', '', title), make('p', '', description), ...links)
  return element
}

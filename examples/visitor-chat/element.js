// Elements from data. Nothing a message holds is ever read as HTML.

/** `make('a', { class: 'x', href, onclick }, 'text', child)`: attributes by name, listeners by property, children text or elements. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element[name] = value
    else if (value === true) element.setAttribute(name, '')
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value)
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/** An icon of index.html. */
export function icon(id) {
  const namespace = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(namespace, 'svg')
  const use = document.createElementNS(namespace, 'use')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  use.setAttribute('href', `#${id}`)
  svg.append(use)
  return svg
}

/** The first letter of a name, or its emoji. */
export const initial = (name) => [...name.trim()].slice(0, 1).join('').toUpperCase()

export const isWebAddress = (text) => /^https?:\/\//i.test(text ?? '')

export function link(address, ...children) {
  if (!isWebAddress(address)) return make('span', {}, ...children)
  return make('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }, ...children)
}

const ADDRESS = /https?:\/\/[^\s<>"']{1,2000}/gi

/** Text in which web addresses can be followed; the full stop after one is not part of it. */
export function withLinks(text) {
  const parts = []
  let from = 0
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const end = found.search(/[.,;:!?)\]}]+$/)
    const address = end > 8 ? found.slice(0, end) : found
    parts.push(text.slice(from, index), link(address, address))
    from = index + address.length
  }
  return [...parts, text.slice(from)]
}

/** Makes the children of `parent` be `wanted`, touching what differs only: focus, typed text and screen readers stay where they are. */
export function arrange(parent, wanted) {
  const old = new Map([...parent.children].map((element) => [element.dataset.key, element]))
  const kept = wanted.map((element) => {
    const before = old.get(element.dataset.key)
    return before ? refresh(before, element) : element
  })
  for (const element of [...parent.children]) if (!kept.includes(element)) element.remove()
  kept.forEach((element, index) => {
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null)
  })
}

function refresh(before, now) {
  if (before.className !== now.className) before.className = now.className
  const [is, shouldBe] = [[...before.children], [...now.children]]
  shouldBe.forEach((child, index) => {
    if (!is[index]) before.append(child)
    else if (!is[index].isEqualNode(child)) is[index].replaceWith(child)
  })
  for (const child of is.slice(shouldBe.length)) child.remove()
  return before
}

import { Liquid } from 'liquidjs'
import { randomBytes } from 'node:crypto'

const MAX_TEMPLATE = 150_000
const MAX_RENDERED = 150_000
/** Reading tags is what costs most; no message has so many. */
const MAX_TAGS = 1000
/** Milliseconds for which everybody else waits. */
const RENDER_LIMIT = 40

/** Those of Ruby's Liquid; another is passed over, as there. */
const FILTERS = new Set(
  (
    'abs append at_least at_most base64_decode base64_encode capitalize ceil compact concat date default divided_by downcase ' +
    'escape escape_once find find_index first floor has join last lstrip map minus modulo newline_to_br plus prepend reject ' +
    'remove remove_first remove_last replace replace_first replace_last reverse round rstrip size slice sort sort_natural ' +
    'split strip strip_html strip_newlines sum times truncate truncatewords uniq upcase url_decode url_encode where'
  ).split(' '),
)
/** They would read other templates. */
const FOREIGN_TAGS = ['include', 'render', 'layout', 'block']

/** Made when first needed. */
let engine: Liquid | undefined

function createEngine(): Liquid {
  const liquid = new Liquid({
    ownPropertyOnly: true,
    strictVariables: false,
    strictFilters: false,
    cache: false,
    parseLimit: MAX_TEMPLATE,
    renderLimit: RENDER_LIMIT,
    memoryLimit: 1_000_000,
    templates: {},
  })
  for (const name of Object.keys(liquid.filters)) if (!FILTERS.has(name)) delete liquid.filters[name]
  for (const name of FOREIGN_TAGS) delete liquid.tags[name]
  return liquid
}

/** Unknown variables vanish; what stands in backticks, and a text that does not parse, stays as it is. */
export function renderLiquid(template: string, variables: Record<string, unknown>): string {
  if (!/\{\{|\{%/.test(template) || template.length > MAX_TEMPLATE) return template
  if (template.split(/\{\{|\{%/, MAX_TAGS + 2).length > MAX_TAGS + 1) return template
  const kept: string[] = []
  // Nobody can write a mark that is made anew each time.
  const mark = `\u0002${randomBytes(8).toString('hex')}:`
  const bare = template.replace(/```[^]*?```|`[^`]*`/g, (code) => `${mark}${kept.push(code) - 1}\u0002`)
  try {
    const rendered = String((engine ??= createEngine()).parseAndRenderSync(bare, variables))
    if (rendered.length > MAX_RENDERED) return template
    return rendered.replace(new RegExp(`${mark}(\\d+)\u0002`, 'g'), (_, index: string) => kept[Number(index)] ?? '')
  } catch {
    return template
  }
}

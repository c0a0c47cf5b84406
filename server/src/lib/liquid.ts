import { Context, Liquid, Parser, TypeGuards } from 'liquidjs'
import { randomBytes } from 'node:crypto'

/** Characters of all templates together, and of all that they become. */
const MAX_TEMPLATES = 150_000
const MAX_RENDERED = 150_000
/** Tags, and characters of them: reading them is what costs most; no message has so many. */
const MAX_TAGS = 1000
const MAX_CODE = 20_000
/** Characters of tags that are carried out, counted as often as they are: a busy machine renders the same as an idle one. */
const MAX_WORK = 100_000
/** What a piece and a turn of a loop cost besides. */
const PIECE = 20
/** Characters and items that filters are given and make. */
const MAX_MADE = 200_000

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

const HAS_LIQUID = /\{\{|\{%/

/** Made when first needed. */
let engine: Liquid | undefined

function createEngine(): Liquid {
  const liquid = new Liquid({
    ownPropertyOnly: true,
    strictVariables: false,
    strictFilters: false,
    cache: false,
    memoryLimit: MAX_MADE,
    templates: {},
  })
  for (const name of Object.keys(liquid.filters)) if (!FILTERS.has(name)) delete liquid.filters[name]
  for (const name of FOREIGN_TAGS) delete liquid.tags[name]
  return liquid
}

/** Renders one template after the other. */
export type RenderLiquid = (template: string) => string

/**
 * Unknown variables vanish; what stands in backticks, and a text that does not parse, stays as it is. All templates together may take
 * no more than one: when that is spent, those that are left stay as they are.
 */
export function liquidRenderer(variables: Record<string, unknown>): RenderLiquid {
  engine ??= createEngine()
  const left = { templates: MAX_TEMPLATES, tags: MAX_TAGS, code: MAX_CODE, work: MAX_WORK, rendered: MAX_RENDERED }
  const spend = (what: keyof typeof left, amount: number) => {
    if ((left[what] -= amount) < 0) throw new RangeError(`too many ${what}`)
  }
  const parser = new CountingParser(engine, spend)
  const root = new Context({}, engine.options, { sync: true }, { liquid: engine })
  // Asked before each piece and each turn of a loop.
  root.renderLimit.check = () => spend('work', PIECE)

  return (template) => {
    if (!HAS_LIQUID.test(template)) return template
    const kept: string[] = []
    try {
      spend('templates', template.length)
      spend('tags', template.split(/\{\{|\{%/, MAX_TAGS + 2).length - 1)
      // Nobody can write a mark that is made anew each time.
      const mark = `\u0002${randomBytes(8).toString('hex')}:`
      const bare = template.replace(/```[^]*?```|`[^`]*`/g, (code) => `${mark}${kept.push(code) - 1}\u0002`)
      const rendered = String(engine!.renderSync(parser.parse(bare), root.spawn(variables)))
      spend('rendered', rendered.length)
      return rendered.replace(new RegExp(`${mark}(\\d+)\u0002`, 'g'), (_, index: string) => {
        const code = kept[Number(index)] ?? ''
        spend('rendered', code.length)
        return code
      })
    } catch {
      return template
    }
  }
}

/** Counts what it reads, and each time that is carried out. */
class CountingParser extends Parser {
  readonly #spend: (what: 'code' | 'work', amount: number) => void

  constructor(liquid: Liquid, spend: (what: 'code' | 'work', amount: number) => void) {
    super(liquid)
    this.#spend = spend
  }

  override parseToken(...[token, rest]: Parameters<Parser['parseToken']>): ReturnType<Parser['parseToken']> {
    if (TypeGuards.isHTMLToken(token)) return super.parseToken(token, rest)
    const length = token.end - token.begin
    this.#spend('code', length)
    const piece = super.parseToken(token, rest)
    const render = piece.render.bind(piece) as (...given: unknown[]) => never
    piece.render = (...given: unknown[]) => {
      this.#spend('work', length)
      return render(...given)
    }
    return piece
  }
}

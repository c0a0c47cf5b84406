import { Liquid } from 'liquidjs'

const MAX_TEMPLATE = 150_000

const engine = new Liquid({
  ownPropertyOnly: true,
  strictVariables: false,
  strictFilters: false,
  cache: false,
  parseLimit: MAX_TEMPLATE,
  renderLimit: 200,
  memoryLimit: 5_000_000,
  // No file is ever read.
  templates: {},
})

/** Unknown variables vanish; what stands in backticks, and a text that does not parse, stays as it is. */
export function renderLiquid(template: string, variables: Record<string, unknown>): string {
  if (!/\{\{|\{%/.test(template) || template.length > MAX_TEMPLATE) return template
  const kept: string[] = []
  const bare = template.replace(/```[^`]*```|`[^`]*`/g, (code) => {
    kept.push(code)
    return `\u0002${kept.length - 1}\u0002`
  })
  try {
    const rendered = String(engine.parseAndRenderSync(bare, variables))
    return rendered.replace(/\u0002(\d+)\u0002/g, (_, index: string) => kept[Number(index)] ?? '')
  } catch {
    return template
  }
}

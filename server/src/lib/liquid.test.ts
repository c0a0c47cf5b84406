import { describe, expect, it } from 'vitest'
import { costOf } from '../../test/support/stalls.ts'
import { liquidRenderer } from './liquid.ts'

const ada = { contact: { name: 'Ada', tags: ['a', 'b'] } }
const renderLiquid = (template: string, variables: Record<string, unknown>) => liquidRenderer(variables)(template)

it('puts in what is known; what is not vanishes', () => {
  expect(renderLiquid('Hello {{ contact.name }}!', ada)).toBe('Hello Ada!')
  expect(renderLiquid('a{{ contact.size_of.it }}b{{ nobody }}c{{ contact.name | no_such_filter }}', ada)).toBe('abcAda')
  expect(renderLiquid('{% if contact.name == "Ada" %}yes{% else %}no{% endif %}', ada)).toBe('yes')
  expect(renderLiquid('{{ contact.name | upcase | append: "!" }} {{ contact.tags | join: "-" }}', ada)).toBe('ADA! a-b')
})

it.each([
  'plain { text }',
  '',
  'Hello {{ contact.name',
  '{% if %}',
  '{% nothing %} {{ contact.name }}',
  '{{ | }}',
  '{% for %}',
])('%j stays as it is', (text) => {
  expect(renderLiquid(text, ada)).toBe(text)
})

describe('code in backticks', () => {
  it.each([
    ['`{{contact.name}}` {{contact.name}}', '`{{contact.name}}` Ada'],
    ['```\n{{contact.name}}\n``` {{contact.name}}', '```\n{{contact.name}}\n``` Ada'],
    ['```a ` {{contact.name}}``` {{contact.name}}', '```a ` {{contact.name}}``` Ada'],
    ['`{% endraw %}{% if %}` {{contact.name}}', '`{% endraw %}{% if %}` Ada'],
    ['a ` {{contact.name}}', 'a ` Ada'],
    ['{{contact.name}} `$& $1`', 'Ada `$& $1`'],
  ])('%j', (text, expected) => {
    expect(renderLiquid(text, ada)).toBe(expected)
  })

  it('is put back only where it stood', () => {
    expect(renderLiquid('\u00020\u0002 {{ a }} `code`', { a: '\u00020\u0002' })).toBe(
      '\u00020\u0002 \u00020\u0002 `code`',
    )
  })
})

describe('what is not its own', () => {
  it.each([
    'contact.constructor',
    'contact.__proto__',
    'contact.name.constructor',
    'contact.toString',
    '__proto__',
    'constructor',
    'contact["constructor"]',
  ])('{{ %s }} is nothing', (path) => {
    expect(renderLiquid(`<{{ ${path} }}>`, ada)).toBe('<>')
  })

  it.each([
    '{% include "/etc/passwd" %}',
    '{% render "../package.json" %}',
    '{% layout "x" %}',
    '{% block x %}{% endblock %}',
  ])('%s reads no file', (text) => {
    expect(renderLiquid(`${text}{{ contact.name }}`, ada)).toBe(`${text}{{ contact.name }}`)
  })
})

describe('hostile templates are left as they are before they take time or room', () => {
  const long = (text: string, size = 140_000) => text.repeat(Math.floor(size / text.length))
  const captured = (text: string) => `{% capture s %}${text}{% endcapture %}`
  const inLoop = (text: string) => `{% for i in (1..10000) %}${text}{% endfor %}`
  it.each(
    Object.entries({
      range: '{% for i in (1..1000000000) %}x{% endfor %}',
      loops: long('{% for i in (1..1000) %}', 200) + long('{% endfor %}', 100),
      'empty loops': '{% for i in (1..300) %}{% for i in (1..300) %}{% endfor %}{% endfor %}',
      'long loop': inLoop('{{ i }}'),
      doubling: '{% assign s = "aaaaaaaaaa" %}' + '{% assign s = s | append: s %}'.repeat(40) + '{{ s }}',
      replacing: `${captured(long('a', 50_000))}{{ s | replace: "a", s }}`,
      repeating: captured(long('a,')) + inLoop('{{ s }}'),
      searching: captured(long('a')) + inLoop('{% if s contains "b" %}{% endif %}'),
      table: '{% tablerow i in (1..1000000) %}x{% endtablerow %}',
      braces: long('{{'),
      tags: long('{% if a %}'),
      outputs: long('{{a}}'),
      scripts: `{{ "${long('<script')}" | strip_html }}`,
      lists: `${captured(long('b,a,'))}{% assign a = s | split: "," %}{{ a ${'| sort_natural '.repeat(20)} | size }}`,
      filters: inLoop(`{{ a ${long('| upcase ', 1000)} }}`),
      paths: inLoop(`{{ contact${long('.b', 1000)} }}`),
      operators: inLoop(`{% if a${long(' and a', 1000)} %}{% endif %}`),
      brackets: `{{ a${'[a'.repeat(20_000)}${']'.repeat(20_000)} }}`,
      dates: `{{ "now" | date: "${long('%Y', 100_000)}" }}`,
      wide: '{{ "now" | date: "%999999999Y" }}',
      backticks: `${long('`')}{{ a }}`,
      blocks: `${long('```a')}{{ a }}`,
      'code in a loop': inLoop(`\`${long('code')}\``),
      'lines of code': `{% liquid\n${long('assign a = a\n')}%}`,
    }),
  )('%s', (_, template) => {
    const render = liquidRenderer(ada)
    expect(render(template)).toBe(template)
    expect(costOf(() => liquidRenderer(ada)(template))).toBeLessThan(250)
  })

  it('but text around a template may be as long as it likes', () => {
    expect(renderLiquid(`${long('<!--')}{{ contact.name }}`, ada)).toBe(`${long('<!--')}Ada`)
  })
})

it('templates that belong together share what one may take', () => {
  const loop = '{% for i in (1..40) %}{% for j in (1..20) %}{{ j }}{% endfor %}{% endfor %}'
  const render = liquidRenderer(ada)
  const results = Array.from({ length: 50 }, () => render(loop))
  expect(results[0]).toMatch(/^1234.*1920$/)
  expect(results.filter((text) => text !== loop).length).toBeLessThan(5)
  expect(render('plain')).toBe('plain')
})

it('a template does not see what another one assigned', () => {
  const render = liquidRenderer(ada)
  expect([render('{% assign a = 1 %}{{ a }}'), render('<{{ a }}>')]).toEqual(['1', '<>'])
})

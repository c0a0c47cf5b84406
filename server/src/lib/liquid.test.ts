import { describe, expect, it } from 'vitest'
import { costOf } from '../../test/support/stalls.ts'
import { renderLiquid } from './liquid.ts'

const ada = { contact: { name: 'Ada', tags: ['a', 'b'] } }

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

describe('hostile templates take no time and no room', () => {
  renderLiquid('{{ a }}', ada)
  const long = (text: string, size = 140_000) => text.repeat(Math.floor(size / text.length))
  it.each(
    Object.entries({
      range: '{% for i in (1..1000000000) %}x{% endfor %}',
      loops: long('{% for i in (1..1000) %}', 200) + long('{% endfor %}', 100),
      doubling: '{% assign s = "aaaaaaaaaa" %}' + '{% assign s = s | append: s %}'.repeat(40) + '{{ s }}',
      replacing: `{{ "${long('a', 50_000)}" | replace: "a", "${long('b', 50_000)}" }}`,
      table: '{% tablerow i in (1..1000000) %}x{% endtablerow %}',
      braces: long('{{'),
      tags: long('{% if a %}'),
      outputs: long('{{a}}'),
      scripts: `{{ "${long('<script')}" | strip_html }}`,
      comments: `{{ "${long('<!--')}" | strip_html }}`,
      spaces: `{{ "${long(' ')}b" | rstrip | strip }}`,
      blank: `{{${long(' ')}}}`,
      lists: `{% assign a = "${long('a,')}" | split: "," %}{{ a | sort | uniq | size }}`,
      expressions: `{% assign a = "${long('a,')}" | split: "," | where_exp: "x", "x == x" %}{{ a | size }}`,
      filters: `{{ a ${long('| upcase ')} }}`,
      paths: `{{ a${long('.b')} }}`,
      brackets: `{{ a${'[a'.repeat(20_000)}${']'.repeat(20_000)} }}`,
      dates: `{{ "now" | date: "${long('%Y', 100_000)}" }}`,
      wide: '{{ "now" | date: "%999999999Y" }}',
      backticks: `${long('`')}{{ a }}`,
      blocks: `${long('```a')}{{ a }}`,
    }),
  )('%s', (_, template) => {
    let text = ''
    expect(costOf(() => (text = renderLiquid(template, ada)))).toBeLessThan(250)
    expect(text.length).toBeLessThanOrEqual(Math.max(template.length, 150_000))
  })
})

import { expect, it } from 'vitest'
import { markdownToHtml } from './markdown.ts'

it.each([
  [
    'Hi **bold** <b>x</b> {{y}}\nline2',
    '<p>Hi <strong>bold</strong> <!-- raw HTML omitted -->x<!-- raw HTML omitted --> {{y}}\nline2</p>\n',
  ],
  [
    'Out **b**\nl2\n\n- a\n- b [l](https://x.test)',
    '<p>Out <strong>b</strong>\nl2</p>\n<ul>\n<li>a</li>\n<li>b <a href="https://x.test">l</a></li>\n</ul>\n',
  ],
  ['a\n<script>alert(1)</script>\n\nb', '<p>a</p>\n<!-- raw HTML omitted -->\n<p>b</p>\n'],
  ['~~gone~~ "a" & b', '<p><del>gone</del> &quot;a&quot; &amp; b</p>\n'],
  ['`<i>` href="javascript:x"', '<p><code>&lt;i&gt;</code> href=&quot;javascript:x&quot;</p>\n'],
  [
    '[a](javascript:x) [b](JavaScript:x) ![c](data:text/html,x)',
    '<p><a href="">a</a> <a href="">b</a> <img src="" alt="c" /></p>\n',
  ],
  [
    '[@Ada](mention://user/1/Ada) [call](tel:+123)',
    '<p><a href="mention://user/1/Ada">@Ada</a> <a href="tel:+123">call</a></p>\n',
  ],
])('%j is HTML', (text, html) => expect(markdownToHtml(text)).toBe(html))

it('a text of more marks than anybody writes is shown as it is', () => {
  expect(markdownToHtml(`${'**a** '.repeat(1000)}<b>`)).toContain('<strong>a</strong> <!-- raw')
  expect(markdownToHtml(`${'**a** '.repeat(2000)}<b>`)).toBe(`<p>${'**a** '.repeat(2000)}&lt;b&gt;</p>\n`)
})

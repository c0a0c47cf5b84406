import MarkdownIt from 'markdown-it'
import { escapeHtml } from './text.ts'

const OMITTED = '<!-- raw HTML omitted -->'
/** Addresses that run or read something; any other scheme (`tel:`, `mention:`) stays. */
const DANGEROUS = /^(?:javascript|vbscript|file|data(?!:image\/(?:png|gif|jpeg|webp))):/i

// Markdown is read as cmark reads it, and what is HTML already is left out in its words.
const markdown = new MarkdownIt('commonmark').enable('strikethrough')
markdown.renderer.rules.html_block = () => `${OMITTED}\n`
markdown.renderer.rules.html_inline = () => OMITTED
markdown.renderer.rules.s_open = () => '<del>'
markdown.renderer.rules.s_close = () => '</del>'
markdown.validateLink = () => true
const normalizeLink = markdown.normalizeLink
markdown.normalizeLink = (url) => (DANGEROUS.test(url.trim()) ? '' : normalizeLink(url))

/** Where the parser stops. So many take a few hundredths of a second, for which everybody else waits. */
const MARK = /[\n!#$%&*+\-:<=>@[\]\\^_`{}~]/
const MAX_MARKS = 5000

/** A text of more marks than anybody writes is shown as it is. */
export function markdownToHtml(text: string): string {
  if (text.split(MARK, MAX_MARKS + 2).length > MAX_MARKS + 1) return `<p>${escapeHtml(text)}</p>\n`
  return markdown.render(text)
}

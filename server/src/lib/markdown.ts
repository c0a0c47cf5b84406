import MarkdownIt from 'markdown-it'

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

export function markdownToHtml(text: string): string {
  return markdown.render(text)
}

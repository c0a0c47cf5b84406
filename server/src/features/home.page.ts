import { policyOf } from '../http/transport.ts'

/** What a person sees who opens the bare address. */
export const HOME = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Parley</title><link rel="icon" href="data:,">
<style>:root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;max-width:38rem;margin:12vh auto;padding:0 1.25rem}
h1{font-size:1.75rem;margin:0}dt{margin-top:1.25rem;font-weight:600}dd{margin:0}a{color:LinkText}code{font-size:.9em;overflow-wrap:anywhere}</style>
</head><body><main><h1>Parley is running</h1>
<p>A server for conversations with customers. It has no dashboard: programs speak to it over its API.</p>
<dl><dt><a href="/swagger">API reference</a></dt><dd>Every operation, to read and to try with your token.</dd>
<dt><a href="/examples/visitor-chat/">Visitor chat</a></dt><dd>An example of a chat page. Its address needs the identifier of an API inbox:
<code>/examples/visitor-chat/?inbox=…</code></dd>
<dt>Tokens</dt><dd>The first start printed them. <code>npx parley --help</code> shows how to make more.</dd>
<dt><a href="/api">Status</a></dt><dd>The version, and whether database and jobs work.</dd></dl></main></body></html>
`

export const HOME_HEADERS = { 'content-type': 'text/html; charset=utf-8', ...policyOf(HOME) }

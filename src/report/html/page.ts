import { readFileSync } from 'node:fs'
import { type Content, html, Markup } from './markup.js'
import { type Section, sectionMarkup } from './parts.js'

/** A page that is one file: style and script are in it, and it asks for nothing else. */
export function page(title: string, top: Content, sections: readonly Section[]): string {
  const head = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>
${new Markup(asset('page.css'))}</style>
</head>`
  const body = html`<body>
<a class="skip" href="#content">Skip to the report</a>
<div class="page">
<nav aria-label="Parts of the report">${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}
<button type="button" class="theme" hidden>Theme: system</button></nav>
<main id="content">
${top}
${sections.map(sectionMarkup)}
</main>
</div>
<div id="tip" role="presentation" hidden></div>
<div id="spoken" class="visually-hidden" aria-live="polite"></div>
<script type="module">
${new Markup(asset('in-page.js'))}</script>
</body>
</html>
`
  return head.text + body.text
}

const asset = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')

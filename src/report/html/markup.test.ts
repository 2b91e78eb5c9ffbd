import fc from 'fast-check'
import { parseHTML } from 'linkedom'
import { expect, test } from 'vitest'
import { html } from './markup.js'

interface Element {
  readonly textContent: string
  readonly children: { readonly length: number }
  getAttribute(name: string): string
}

/** As a browser reads it. */
const parsed = (text: string): Element =>
  (parseHTML(`<html><body>${text}</body></html>`).document as unknown as { body: { firstElementChild: Element } }).body
    .firstElementChild

test('whatever is put in is text, in elements and in attributes of either quotes', () => {
  const text = fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", '/', 'a', '=', '\n', '`', 'é', '&lt;') })
  fc.assert(
    fc.property(text, (given) => {
      const element = parsed(html`<p title="${given}" lang='${given}'>${given}</p>`.text)
      expect(element.children.length).toBe(0)
      expect(element.textContent).toBe(given)
      expect(element.getAttribute('title')).toBe(given)
      expect(element.getAttribute('lang')).toBe(given)
    }),
  )
})

test.each([
  ['markup stays markup', html`<b>${html`<i>x</i>`}</b>`, '<b><i>x</i></b>'],
  ['lists are joined', html`${['a', html`<br>`, ['&', 1]]}`, 'a<br>&amp;1'],
  ['nothing is nothing', html`[${undefined}${null}${false}]`, '[]'],
  ['zero is a number', html`${0}`, '0'],
])('%s', (_, made, expected) => {
  expect(made.text).toBe(expected)
})

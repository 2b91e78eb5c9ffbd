import { dot, line, text } from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { describe, expect, test } from 'vitest'
import { chart, plotSvg } from './chart.js'

interface Parsed {
  readonly document: {
    querySelector(selector: string): { readonly textContent: string; getAttribute(name: string): string }
  }
}

const svgOf = (title: string) =>
  plotSvg({
    width: 300,
    height: 200,
    marks: [
      text([title], { frameAnchor: 'middle' }),
      dot([{ a: 1 / 3, b: 2 / 7 }], { x: 'a', y: 'b', r: 10 / 3, title: () => title }),
    ],
  }).text

describe('plots as SVG', () => {
  test.each(['0.123456 ms', 'before:\nnode <of> "conv"', "&lt;b&gt; &amp; 'x'", 'd="M1.23456,2"'])(
    'the title %j is a tip',
    (title) => {
      const svg = svgOf(title)
      expect(svg).not.toContain('<title>')
      const { document } = parseHTML(`<html><body>${svg}</body></html>`) as unknown as Parsed
      expect(document.querySelector('circle').getAttribute('data-tip')).toBe(title)
      expect(document.querySelector('[aria-label=text]').textContent).toBe(title.replaceAll('\n', ''))
    },
  )

  test('geometry has the digits that a screen shows', () => {
    const svg = svgOf('x')
    expect(svg).toContain('r="3.33"')
    expect(svg.replaceAll(/data-tip="[^"]*"/g, '')).not.toMatch(/="[^"]*\d\.\d{3,}/)
  })

  test('long paths are shortened in time that grows with them', () => {
    const points = Array.from({ length: 20_000 }, (_, i) => [i / 3, Math.sin(i / 7)] as const)
    const svg = plotSvg({ width: 900, marks: [line(points)] }).text
    expect(svg).not.toMatch(/\d\.\d{3,}/)
  })
})

test('a chart is drawn for a page and for a phone, and says what it shows', () => {
  const widths: number[] = []
  const { text } = chart('Latency & "more"', ({ width }) => widths.push(width), 0.5)
  expect(widths).toEqual([450, 340])
  expect(text).toContain('aria-label="Latency &amp; &quot;more&quot;"')
  expect(text).toContain('tabindex="0"')
})

import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { estimate } from '../../src/estimator/estimate.js'
import { loadTarget } from '../../src/hw/target.js'
import { readModel } from '../../src/import/read-model.js'
import { parseAssertion } from '../../src/report/diff/assertions.js'
import { diffSides } from '../../src/report/diff/diff-sides.js'
import { diffZoos } from '../../src/report/diff/diff-zoos.js'
import type { Side } from '../../src/report/diff/side.js'
import { htmlDiff, htmlZooDiff } from '../../src/report/html/html-diff.js'
import { htmlZoo } from '../../src/report/html/html-zoo.js'
import { type ZooModel, type ZooSummary, zooSummary } from '../../src/report/zoo-summary.js'
import { faultsOf, findBrowser, launchBrowser, newPage, patienceMs, violationsOf } from './browser.js'

const browserPath = findBrowser()
const title =
  browserPath === undefined ? 'pages of zoos and diffs (need a chromium in the path)' : 'pages of zoos and diffs'

const model = (name: string, after: number): ZooModel => ({
  ...{ name, file: `${name}.onnx`, sha256: '0'.repeat(64), target: 'chip', verdict: 'agrees', accuracy: null },
  ...{ result: `models/${name}.onnx`, report: `reports/${name}.json`, warnings: 0, seconds: 2 },
  figures: { latency: { before: 2, after }, nodes: { before: 10, after: 8 } },
})

const zoo = (phase: number): ZooSummary =>
  zooSummary(
    { name: 'tool', version: '1' },
    Array.from({ length: 40 }, (_, i) => model(`<img src=x onerror=alert(1)> ${i}`, 2 + Math.sin(i + phase))),
    [{ name: 'bad', file: 'bad.onnx', kind: 'bad-file', error: '<script>alert(1)</script>', seconds: 1 }],
  )

async function sideOf(name: string): Promise<Side> {
  const file = fileURLToPath(new URL(`../../fixtures/shapes/${name}.onnx`, import.meta.url))
  const found = await readModel(file)
  return { file: name, facts: null, metrics: estimate(found, loadTarget('neural-engine')), model: found }
}

const pages: Record<string, () => Promise<string>> = {
  'a zoo': async () => htmlZoo(zoo(0)),
  'an empty zoo': async () => htmlZoo(zooSummary({ name: 'tool', version: '1' }, [], [])),
  'two models': async () =>
    htmlDiff(
      diffSides(await sideOf('shapes_ibn.raw'), await sideOf('shapes_ibn'), {
        assertions: ['latency<=+0%', 'warn: macs<1'].map((text) => parseAssertion(text)),
      }),
    ),
  'two zoos': async () => {
    const [before, after] = [0, 1].map((phase) => ({ file: `${phase}.json`, summary: zoo(phase) }))
    return htmlZooDiff(diffZoos(before!, after!, [parseAssertion('latency<=+10%')]))
  },
}

describe.skipIf(browserPath === undefined)(title, { timeout: patienceMs }, () => {
  let browser: Browser
  const texts = new Map<string, string>()

  beforeAll(async () => {
    browser = await launchBrowser()
    for (const [name, make] of Object.entries(pages)) texts.set(name, await make())
  }, patienceMs)
  afterAll(() => browser?.close())

  describe.each(Object.keys(pages))('%s', (name) => {
    test.each([
      ['wide and light', { viewport: { width: 1280, height: 900 }, colorScheme: 'light' }],
      ['a phone, dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
    ] as const)('%s: nothing asked of a network, no violation, nothing wider than the screen', async (_, options) => {
      const page = await newPage(browser, options)
      const faults = faultsOf(page, /^data:/)
      await page.setContent(texts.get(name)!)
      expect(await violationsOf(page)).toEqual([])
      expect(faults).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
      await page.context().close()
    })
  })
})

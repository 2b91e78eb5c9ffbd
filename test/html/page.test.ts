import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { htmlProfile } from '../../src/report/html/html-profile.js'
import { htmlReport } from '../../src/report/html/html-report.js'
import type { Report } from '../../src/report/report.js'
import { faultsOf, findBrowser, launchBrowser, newPage, patienceMs, violationsOf } from './browser.js'
import { fromRecipe, hostile, large, measured, nothing, profiled, tailored } from './reports.js'

const browserPath = findBrowser()
const title = browserPath === undefined ? 'the HTML report (needs a chromium in the path)' : 'the HTML report'

describe.skipIf(browserPath === undefined)(title, { timeout: patienceMs }, () => {
  let browser: Browser
  const reported = (make: () => Promise<Report>) => async () => htmlReport(await make())
  const cases: Record<string, () => Promise<string>> = {
    tailored: reported(tailored),
    'from a recipe': reported(fromRecipe),
    measured: reported(measured),
    nothing: reported(nothing),
    hostile: reported(hostile),
    '3,000 nodes': reported(() => large(3000)),
    profile: async () => htmlProfile(await profiled()),
  }
  const files = new Map<string, string>()
  const sizes = new Map<string, number>()

  beforeAll(async () => {
    browser = await launchBrowser()
    const folder = mkdtempSync(join(tmpdir(), 'html-'))
    for (const [name, make] of Object.entries(cases)) {
      const text = await make()
      const file = join(folder, `${files.size}.html`)
      writeFileSync(file, text)
      files.set(name, file)
      sizes.set(name, Buffer.byteLength(text))
    }
  }, patienceMs)

  afterAll(() => browser?.close())

  /** Opens a report from its file. `faults`: what the console said, and what was asked of a network. */
  async function open(name: string, options: BrowserContextOptions = {}): Promise<{ page: Page; faults: string[] }> {
    const page = await newPage(browser, { viewport: wide, ...options })
    const faults = faultsOf(page, /^(file|data):/)
    await page.goto(pathToFileURL(files.get(name)!).href)
    return { page, faults }
  }

  const wide = { width: 1280, height: 900 }
  const phone = { width: 360, height: 740 }

  const screens = [
    ['wide and light', { viewport: wide, colorScheme: 'light' }],
    ['wide and dark', { viewport: wide, colorScheme: 'dark' }],
    ['a phone, light', { viewport: phone, colorScheme: 'light' }],
    ['a phone, dark', { viewport: phone, colorScheme: 'dark' }],
  ] as const

  // One page on every screen, the others on two that have both widths and both themes; the large one, which takes long, on one.
  const screensOf = (name: string) => {
    if (name === 'tailored') return screens
    return name === '3,000 nodes' ? [screens[3]] : [screens[0], screens[3]]
  }

  describe.each(Object.keys(cases))('%s', (name) => {
    test('is one small file that asks for nothing and says nothing', async () => {
      const { page, faults } = await open(name, { bypassCSP: false })
      await page.waitForLoadState('networkidle')
      expect(faults).toEqual([])
      expect(await page.locator('section').count()).toBe(name === 'profile' ? 8 : 12)
      expect(sizes.get(name)!).toBeLessThan(5e6)
      await page.context().close()
    })

    test.each(screensOf(name))('%s: no violation, nothing wider than the screen', async (_, options) => {
      const { page } = await open(name, options)
      expect(await violationsOf(page)).toEqual([])
      const overhang = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect(overhang).toBeLessThanOrEqual(0)
      await page.context().close()
    })
  })

  const views = ['proof', 'decisions', 'kernels', 'shares', 'roofline', 'memory', 'landscape', 'search', 'changes']

  test('views without data say why', async () => {
    const { page } = await open('nothing')
    for (const id of views)
      expect((await page.locator(`#${id} .empty:visible`).first().textContent())!.length, id).toBeGreaterThan(20)
    await page.context().close()
  })

  test('views with data show it', async () => {
    const { page } = await open('tailored')
    for (const id of [...views, 'energy'])
      expect(await page.locator(`#${id} svg:visible`).count(), id).toBeGreaterThan(0)
    await expect(page.locator('#search svg:visible').first().textContent()).resolves.toMatch(/chosen: 0\.\d+ ms/)
    await page.context().close()
  })

  test('error bars are there where the target has them', async () => {
    const { page } = await open('measured')
    expect(await page.locator('#estimator svg:visible').count()).toBe(1)
    expect(await page.locator('#estimator table').textContent()).toContain('convolution, float32')
    await page.context().close()
  })

  test('names are text', async () => {
    const { page } = await open('hostile')
    expect(await page.locator('img, section script').count()).toBe(0)
    expect(await page.locator('#kernels details').textContent()).toContain('"><img src=x onerror=alert(1)>')
    await page.context().close()
  })

  test('arrow keys visit the marks of a chart, and what they say is spoken', async () => {
    const { page } = await open('tailored')
    await page.locator('#kernels .chart').focus()
    expect(await page.locator('#tip').isVisible()).toBe(false)
    await page.keyboard.press('ArrowRight')
    const first = await page.locator('#tip').textContent()
    expect(first).toMatch(/^before:\n.*: 0\.\d+ ms/)
    await page.keyboard.press('ArrowRight')
    expect(await page.locator('#tip').textContent()).not.toBe(first)
    expect(await page.locator('#spoken').textContent()).toBe(await page.locator('#tip').textContent())
    await page.keyboard.press('Home')
    expect(await page.locator('#tip').textContent()).toBe(first)
    await page.keyboard.press('Escape')
    expect(await page.locator('#tip').isVisible()).toBe(false)
    await page.context().close()
  })

  test('everything that can be operated is reached by Tab, and areas change with the arrow keys', async () => {
    const { page } = await open('tailored')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.className')).toBe('skip')
    await page.locator('#treemap-latency').focus()
    await page.keyboard.press('ArrowRight')
    expect(await page.locator('[data-panel="macs"]').isVisible()).toBe(true)
    expect(await page.locator('[data-panel="latency"]').isVisible()).toBe(false)
    await page.context().close()
  })

  test('a pointer over a mark shows its figures', async () => {
    const { page } = await open('tailored')
    await page.locator('#memory .wide rect').first().hover()
    expect(await page.locator('#tip').textContent()).toMatch(/: .*B alive$/)
    await page.context().close()
  })

  test('the theme can be chosen', async () => {
    const { page } = await open('tailored', { colorScheme: 'light' })
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const light = await background()
    await page.locator('.theme').click()
    expect(await background()).toBe(light)
    await page.locator('.theme').click()
    expect(await page.locator('.theme').textContent()).toBe('Theme: dark')
    expect(await background()).not.toBe(light)
    await page.context().close()
  })

  test('in print there is all but what only a screen can use', async () => {
    const { page } = await open('tailored', { colorScheme: 'dark' })
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('nav').isVisible()).toBe(false)
    for (const panel of await page.locator('.panel').all()) expect(await panel.isVisible()).toBe(true)
    expect(await page.evaluate('getComputedStyle(document.documentElement).colorScheme')).toBe('light')
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000)
    await page.context().close()
  })
})

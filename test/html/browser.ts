import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import type { AxeResults } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Path of a Chromium of this machine; undefined: there is none, and nothing is downloaded. */
export function findBrowser(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)))
  return [process.env.ONNX_TAILOR_BROWSER ?? '', ...candidates].find(isExecutable)
}

function isExecutable(path: string): boolean {
  if (path === '') return false
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A browser on a machine that has other work to do takes its time: for a start, a page, a whole test. */
export const patienceMs = 240_000

/** A browser of this machine without a window. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: findBrowser()!, args: ['--no-sandbox'], timeout: patienceMs })

/** An empty page, in a context of its own that closes with it. Scripts of tests run whatever the page's policy is. */
export async function newPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ bypassCSP: true, ...options })
  context.setDefaultTimeout(patienceMs)
  return context.newPage()
}

/** What a page says on its console, asks of its user, and requests from elsewhere than `own`, as it comes. */
export function faultsOf(page: Page, own: RegExp): string[] {
  const faults: string[] = []
  page.on('console', (message) => faults.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    if (!own.test(request.url())) faults.push(`request: ${request.url()}`)
  })
  return faults
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** Rules of accessibility that a page breaks, each with some of the places. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axe })
  // In the browser: types of its DOM are not among those of the project.
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { readonly axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  return violations.map(({ id, nodes }) => {
    const places = nodes.map(({ html }) => html).slice(0, 3)
    return `${id}: ${places.join(' | ')}`
  })
}

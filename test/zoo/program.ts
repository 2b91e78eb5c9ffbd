import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Ajv, ValidateFunction } from 'ajv'
import type { Report } from '../../src/report/report.js'
import type { ZooSummary } from '../../src/report/zoo-summary.js'

/** The program as a user runs it: built, in a process of its own. */
export const root = fileURLToPath(new URL('../..', import.meta.url))
const main = join(root, 'dist/cli/main.js')

export interface Result {
  /** null: a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly result: Promise<Result>
}

export const start = (...args: string[]): Running => startWith({}, args)

/** In a process group of its own, as a shell starts it: what a terminal sends goes to the group. */
export const startInGroup = (...args: string[]): Running => startWith({ detached: true }, args)

function startWith(options: { readonly detached?: boolean }, args: readonly string[]): Running {
  const env = { ...process.env, NO_COLOR: '1' }
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], ...options })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
    })
  const result = new Promise<Result>((resolve) => {
    child.once('close', (code) => resolve({ code, ...texts }))
  })
  return { child, result }
}

export const run = (...args: string[]): Promise<Result> => start(...args).result

export const folder = (): string => mkdtempSync(join(tmpdir(), 'zoo-'))

export const summaryIn = (out: string): ZooSummary =>
  JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as ZooSummary

const withoutTimes = (key: string, value: unknown) => (key === 'seconds' || key === 'timing' ? undefined : value)

/** All that a run left, times aside: text of reports and summary, bytes (hex) of models. The journal is no result. */
export function resultsIn(out: string): Map<string, string> {
  const results = new Map<string, string>()
  for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(out.length + 1)
    if (!entry.isFile() || name === 'journal.jsonl') continue
    if (name === 'summary.csv') continue // the times are in it, and nothing that summary.json has not
    results.set(name, contentApartFromTimes(name, readFileSync(path)))
  }
  return results
}

function contentApartFromTimes(name: string, bytes: Buffer): string {
  if (name.endsWith('.json')) return JSON.stringify(JSON.parse(bytes.toString()), withoutTimes)
  // A page says how long the work took.
  if (name.endsWith('.html')) return bytes.toString().replaceAll(/>\s*[^<>]* of work</g, '>of work<')
  return bytes.toString('hex')
}

/** Models and reports under a final name that are not whole, by their paths in `out`. */
export function partialFilesIn(out: string, isWhole: (name: string, bytes: Buffer) => boolean): string[] {
  return ['models', 'reports']
    .filter((part) => existsSync(join(out, part)))
    .flatMap((part) => readdirSync(join(out, part), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(out.length + 1))
    .filter((name) => !/(^|\/)\.|\.tmp-\d+$/.test(name) && !isWhole(name, readFileSync(join(out, name))))
}

/** Checks values against a schema that is published in docs/. */
export function schemaValidator(name: string): ValidateFunction {
  const { Ajv: Make } = createRequire(import.meta.url)('ajv') as { Ajv: new (options: object) => Ajv }
  const schema = JSON.parse(readFileSync(join(root, 'docs', name), 'utf8')) as object
  return new Make({ strict: false, allowUnionTypes: true }).compile(schema)
}

export const reportOf = (out: string, name: string): Report =>
  JSON.parse(readFileSync(join(out, 'reports', `${name}.json`), 'utf8')) as Report

import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe } from 'vitest'

/**
 * The one file that knows where public models, official cases and data sets lie. They are no part of the repository:
 * tests that need them skip, saying so, where they are absent.
 */

const checkout = join(dirname(fileURLToPath(import.meta.url)), '..')
const root = resolve(process.env.ONNX_TAILOR_SHARED ?? join(checkout, '../shared'))

export interface NamedFile {
  /** File name without folder. */
  readonly name: string
  readonly path: string
}

export interface ConformanceCase {
  /** `node/test_abs`. */
  readonly name: string
  readonly folder: string
  readonly model: string
  /** Folders `test_data_set_N` with `input_I.pb`, `output_I.pb`; none for the light cases. */
  readonly dataSets: readonly string[]
  /** What onnxruntime-node said of the case. */
  readonly result: ConformanceResult
}

export interface ConformanceResult {
  readonly status:
    | 'pass'
    | 'pass-shape-only'
    | 'fail'
    | 'differs'
    | 'cannot-load'
    | 'cannot-feed'
    | 'run-error'
    | 'crash'
  readonly random?: boolean
  readonly inputRule?: string
  readonly ops: readonly string[]
  readonly [key: string]: unknown
}

const onnxFilesIn = (folder: string): NamedFile[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.onnx'))
    .sort()
    .map((name) => ({ name, path: join(folder, name) }))

/** Unpacks the archive once per version of it, into the temp folder of the system. */
function unpackedCases(archive: string): string {
  const target = join(tmpdir(), `onnx-tailor-cases-${Math.floor(statSync(archive).mtimeMs)}`)
  if (existsSync(target)) return target
  const partial = mkdtempSync(`${target}-`)
  execFileSync('tar', ['-xzf', archive, '-C', partial])
  try {
    renameSync(partial, target)
  } catch (error) {
    // Another process was first: its folder is as good.
    rmSync(partial, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  }
  return target
}

function conformanceCases(): ConformanceCase[] {
  const folder = unpackedCases(join(root, 'conformance/cases.tar.gz'))
  const results = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as Record<string, ConformanceResult>
  return Object.entries(results).map(([name, result]) => {
    const caseFolder = join(folder, name)
    const dataSets = readdirSync(caseFolder)
      .filter((entry) => entry.startsWith('test_data_set_'))
      .sort()
      .map((entry) => join(caseFolder, entry))
    return { name, folder: caseFolder, model: join(caseFolder, 'model.onnx'), dataSets, result }
  })
}

interface BadVerdict {
  readonly expect: 'accept' | 'reject'
  readonly why: string
}

export interface BadFile extends NamedFile, BadVerdict {}

/** A copy of the folder of malformed files (unpacked, with the symbolic links some of them need) and their verdicts. */
function badFiles(): { readonly folder: string; readonly files: readonly BadFile[] } {
  const source = join(root, 'conformance/bad')
  const folder = mkdtempSync(join(tmpdir(), 'onnx-tailor-bad-'))
  const inside = join(folder, 'bad')
  mkdirSync(inside)
  // A readable file outside the folder of the models, for links that leave it.
  writeFileSync(join(folder, 'README.md'), 'x'.repeat(64))
  const expected = JSON.parse(readFileSync(join(source, 'expected.json'), 'utf8')) as Record<string, BadVerdict>
  for (const name of readdirSync(source)) {
    const bytes = readFileSync(join(source, name))
    if (name.endsWith('.gz')) writeFileSync(join(inside, name.slice(0, -3)), gunzipSync(bytes))
    else writeFileSync(join(inside, name), bytes)
  }
  symlinkSync('../README.md', join(inside, 'link_out.bin'))
  symlinkSync('ext_data.bin', join(inside, 'link_in.bin'))
  const files = Object.entries(expected).map(([name, { expect, why }]) => {
    const unpacked = name.replace(/\.gz$/, '')
    return { name: unpacked, path: join(inside, unpacked), expect, why }
  })
  return { folder, files }
}

export const sharedAssets =
  existsSync(join(root, 'conformance')) && existsSync(join(root, 'models'))
    ? {
        root,
        /** The public models, by name. */
        models: (): NamedFile[] => onnxFilesIn(join(root, 'models')),
        /** Nets trained for this project. */
        trained: (): NamedFile[] => onnxFilesIn(join(root, 'trained')),
        /** A file below the assets folder. */
        file: (...parts: string[]): string => join(root, ...parts),
        conformanceCases,
        badFiles,
      }
    : undefined

/** `describe` that skips, and says why, where the assets are absent. `fn` runs only where they are present. */
export function describeWithShared(title: string, fn: (assets: NonNullable<typeof sharedAssets>) => void): void {
  const assets = sharedAssets
  if (assets === undefined) {
    describe.skip(`${title} (needs ../shared)`, () => {})
    return
  }
  describe(title, () => fn(assets))
}

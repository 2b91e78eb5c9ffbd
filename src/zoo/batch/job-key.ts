import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { contentKey } from '../../tune/fidelity-cache.js'
import { fileDigest } from '../facts.js'
import type { ZooJob } from './runner.js'

/**
 * What the result of a job depends on, as one digest (hex): the model's file, the options, what the files that options name
 * contain, and the version of the tool. Folders of samples count by names, sizes and times of their files.
 */
export class JobKeys {
  /** Many jobs name the same files. */
  readonly #prints = new Map<string, Promise<unknown>>()

  /** undefined for a model that is no file; rejects for files that cannot be read. */
  async of(job: ZooJob): Promise<{ readonly key: string; readonly sha256: string } | undefined> {
    const { tool, request } = job
    // A pipe or a device would never come to an end.
    if (!(await stat(job.file).catch(() => undefined))?.isFile()) return undefined
    const sha256 = await fileDigest(job.file)
    const { data, labels, testData, testLabels, preprocess, recipe, target } = request
    const named = [
      data,
      labels,
      testData,
      testLabels,
      preprocess,
      recipe,
      target.kind === 'measured' && target.predictor,
      ...(request.search?.coResidents ?? []),
    ]
    const prints: unknown[] = []
    for (const name of named) prints.push(typeof name === 'string' ? await this.#printOf(name) : null)
    const key = contentKey({ tool, sha256, request: inOrder(request), prints })
    return { key, sha256 }
  }

  #printOf(path: string): Promise<unknown> {
    let print = this.#prints.get(path)
    if (print === undefined) this.#prints.set(path, (print = fingerprint(path)))
    return print
  }
}

/** The same options have the same text, in whatever order they were given. */
function inOrder(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(inOrder)
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted.map(([key, inner]) => [key, inOrder(inner)]))
}

/** null: no file of that name, as for presets. */
async function fingerprint(path: string): Promise<unknown> {
  const entry = await stat(path).catch(() => undefined)
  if (entry === undefined) return null
  if (entry.isFile()) return fileDigest(path)
  if (!entry.isDirectory()) return null
  const names = (await readdir(path, { recursive: true })).sort()
  const files: unknown[] = []
  for (const name of names) {
    const { size, mtimeMs } = await stat(join(path, name))
    files.push([name, size, mtimeMs])
  }
  return contentKey({ files })
}

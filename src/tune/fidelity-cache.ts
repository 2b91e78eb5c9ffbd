import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { writeText } from '../export/write-text.js'
import { UserError } from '../ir/errors.js'
import type { Fidelity } from './fidelity.js'

/** Where results are kept when nobody says: the folder of the XDG base directory specification. */
export const defaultCacheFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'onnx-tailor')

/**
 * Fidelities by what they were measured on, a file each: whatever ends the program, what was measured is there for the next
 * run. A file that is cut short or of another version counts as absent.
 */
export class FidelityCache {
  readonly #folder: string
  readonly #reads: boolean

  /** `reads`: whether what earlier runs left counts. */
  constructor(folder: string, reads = true) {
    this.#reads = reads
    this.#folder = join(folder, 'fidelity')
  }

  async read(key: string): Promise<Fidelity | undefined> {
    if (!this.#reads) return undefined
    try {
      const entry = JSON.parse(await readFile(this.#path(key), 'utf8')) as { key?: string; fidelity?: Fidelity }
      return entry.key === key ? entry.fidelity : undefined
    } catch {
      return undefined
    }
  }

  /** Throws UserError `write-failed`. */
  async write(key: string, fidelity: Fidelity): Promise<void> {
    await mkdir(this.#folder, { recursive: true }).catch((error: Error) => {
      throw new UserError('write-failed', '', error.message, 'name another folder with --cache', this.#folder)
    })
    await writeText(this.#path(key), `${JSON.stringify({ key, fidelity })}\n`)
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.json`)
  }
}

/** Digest (hex) of everything a result depends on, in an order of its own for each part. */
export const contentKey = (parts: Readonly<Record<string, unknown>>): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex')

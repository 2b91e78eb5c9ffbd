import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeBytes } from '../export/write-text.js'
import { UserError } from '../ir/errors.js'
import type { FittedWeights } from './fitted-weights.js'

/** Of a tensor in the header of a file. */
interface Entry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

/**
 * Fitted weights by what they were fitted to, a file each, in the format of safetensors: eight bytes with the length of a JSON
 * header, the header, float32 numbers. A file that is cut short counts as absent. Several processes may write and read.
 */
export class WeightStore {
  readonly #folder: string
  readonly #reads: boolean

  /** `reads`: whether what earlier runs left counts. */
  constructor(folder: string, reads = true) {
    this.#folder = join(folder, 'weights')
    this.#reads = reads
  }

  /** undefined: there are none. */
  async read(key: string): Promise<FittedWeights[] | undefined> {
    try {
      return decoded(await readFile(this.#path(key)))
    } catch {
      return undefined
    }
  }

  /** Whether there are weights that count. */
  async has(key: string): Promise<boolean> {
    return this.#reads && (await this.read(key)) !== undefined
  }

  /** Throws UserError `write-failed`. */
  async write(key: string, weights: readonly FittedWeights[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true }).catch((error: Error) => {
      throw new UserError('write-failed', '', error.message, 'name another folder with --cache', this.#folder)
    })
    await writeBytes(this.#path(key), encoded(weights))
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.safetensors`)
  }
}

function encoded(weights: readonly FittedWeights[]): Uint8Array {
  let end = 0
  const entries = weights.map(({ target, dims, values }): [string, Entry] => {
    const start = end
    end += values.byteLength
    return [target, { dtype: 'F32', shape: dims, data_offsets: [start, end] }]
  })
  const text = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
  // With blanks up to a multiple of 8, as the format has it.
  const header = Buffer.concat([text, Buffer.alloc(-text.length & 7, ' ')])
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const contents = weights.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength))
  return Buffer.concat([length, header, ...contents])
}

/** Throws for a file that is not whole. */
function decoded(bytes: Buffer): FittedWeights[] {
  const start = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, Entry>
  return Object.entries(header).map(
    ([
      target,
      {
        shape,
        data_offsets: [from, to],
      },
    ]) => {
      if (start + to > bytes.length) throw new RangeError('the file is cut short')
      const content = bytes.subarray(start + from, start + to)
      return { target, dims: shape as FittedWeights['dims'], values: new Float32Array(Uint8Array.from(content).buffer) }
    },
  )
}

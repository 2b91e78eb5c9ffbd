import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Parts } from './parts.js'

/** A tensor as it goes to the child and comes back. */
export interface TensorRecord {
  readonly dtype: string
  readonly dims: readonly number[]
  bytes?: Uint8Array
  /** Where the exchange has the bytes, if they did not come with the message. */
  readonly offset?: number
  readonly length?: number
  readonly strings?: readonly string[]
}

/** Bytes from which on the inputs of a call go through a file. */
const fewest = 2 ** 16

/**
 * Two files that a process and its child have open and nobody else can find: large tensors go through them. A channel between
 * processes copies a message several times, and so many buffers come and go that garbage is collected all the time.
 */
export class Exchange {
  readonly #inputs: number
  readonly #outputs: number
  readonly #parts = new Parts()

  private constructor(inputs: number, outputs: number) {
    this.#inputs = inputs
    this.#outputs = outputs
  }

  /** undefined: the system has no such files, or there is no room for them. */
  static open(): Exchange | undefined {
    // Elsewhere a file that is open cannot be unlinked.
    if (process.platform === 'win32') return undefined
    try {
      return new Exchange(openNameless(), openNameless())
    } catch {
      return undefined
    }
  }

  /** Descriptors that the child gets: of inputs, of outputs. */
  get descriptors(): number[] {
    return [this.#inputs, this.#outputs]
  }

  /** Inputs of a call with their bytes in the file, if there are many. */
  put(call: number, records: Readonly<Record<string, TensorRecord>>): Readonly<Record<string, TensorRecord>> {
    const length = Object.values(records).reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0)
    if (length < fewest) return records
    let at = this.#parts.take(call, length)
    const entries = Object.entries(records).map(([name, record]): [string, TensorRecord] => {
      const { bytes, ...rest } = record
      if (bytes === undefined || !writeAll(this.#inputs, bytes, at)) return [name, record]
      const offset = at
      at += bytes.length
      return [name, { ...rest, offset, length: bytes.length }]
    })
    // fromEntries defines own properties: a name like __proto__ stays a name.
    return Object.fromEntries(entries)
  }

  /** The child is done with the inputs of a call. */
  release(call: number): void {
    this.#parts.release(call)
  }

  /** Gives outputs their bytes that only say where they are; whether there were any. */
  fetch(outputs: Readonly<Record<string, TensorRecord>>): boolean {
    const records = Object.values(outputs).filter(({ offset }) => offset !== undefined)
    for (const record of records) record.bytes = readAll(this.#outputs, record.offset!, record.length!)
    return records.length > 0
  }

  close(): void {
    for (const file of this.descriptors) closeSync(file)
  }
}

function openNameless(): number {
  const path = join(tmpdir(), `onnx-tailor-${randomUUID()}`)
  const file = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  return file
}

/** Whether there was room on the disk. */
function writeAll(file: number, bytes: Uint8Array, at: number): boolean {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at + done)
    return true
  } catch {
    return false
  }
}

function readAll(file: number, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const count = readSync(file, bytes, done, length - done, at + done)
    if (count === 0) throw new Error('the file that outputs are exchanged by ends too early')
    done += count
  }
  return bytes
}

import type Long from 'long'
import protobuf from 'protobufjs/minimal.js'

/** The file would unfold into more objects than memory is good for. */
export class TooManyFields extends Error {}

/** Bytes of memory that decoding may take beside the file itself, by the estimates below. */
const budgetBytes = 1 << 30

/** Estimated bytes of memory for what a field becomes: a message, text or view; a 64-bit number; a view of its own. */
const cost = { delimited: 200, int64: 50, view: 120 }

/**
 * A reader that keeps an account of what it makes. Two bytes of a file can become a message of a hundred: a file of
 * nothing but empty nodes would take fifty times its size. Real models stay far below the budget, since their bytes are weights.
 */
export class BoundedReader extends protobuf.BufferReader {
  #budget = budgetBytes

  override size(): number {
    this.#spend(cost.delimited)
    return super.size()
  }

  override int64(): ReturnType<protobuf.Reader['int64']> {
    this.#spend(cost.int64)
    return super.int64() as Long
  }

  override raw(start: number, end: number): Uint8Array {
    this.#spend(cost.view)
    return super.raw(start, end)
  }

  #spend(bytes: number): void {
    this.#budget -= bytes
    if (this.#budget < 0) throw new TooManyFields()
  }
}

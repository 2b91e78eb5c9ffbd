import protobuf from 'protobufjs/minimal.js'

/** Payloads of at least this many bytes are never copied into the message. */
const spliceThreshold = 4096

interface Splice {
  /** Where in the written bytes the payload belongs. */
  at: number
  readonly bytes: Uint8Array
}

interface Fork {
  /** Where the one byte for the length was set aside. */
  readonly at: number
  /** Splices and their bytes before the fork. */
  readonly splices: number
  readonly spliced: number
}

/**
 * A protobuf writer that keeps large payloads (weights) out of its buffer: the message is a list of chunks, some of them
 * the caller's own views. Lengths of the enclosing messages count them.
 */
export class ChunkWriter extends protobuf.BufferWriter {
  readonly #splices: Splice[] = []
  readonly #forks: Fork[] = []
  #spliced = 0

  override bytes(value: Uint8Array): this {
    if (value.byteLength < spliceThreshold) return super.bytes(value) as this
    this.uint32(value.byteLength)
    this.#splices.push({ at: this.pos, bytes: value })
    this.#spliced += value.byteLength
    return this
  }

  override fork(): this {
    this.#forks.push({ at: this.pos, splices: this.#splices.length, spliced: this.#spliced })
    return this.uint32(0) as this
  }

  override ldelim(): this {
    const fork = this.#forks.pop()
    if (fork === undefined) throw new Error('ldelim without fork')
    const contentStart = fork.at + 1
    const contentEnd = this.pos
    const length = contentEnd - contentStart + (this.#spliced - fork.spliced)
    if (length > 0xffff_ffff) throw new RangeError('message too large')
    if (length < 0x80) {
      this.buf[fork.at] = length
      return this
    }
    // Write the length behind the content, so that the buffer grows, and rotate it to the front.
    this.uint32(length)
    const prefix = Uint8Array.from(this.buf.subarray(contentEnd, this.pos))
    const shift = prefix.length - 1
    this.buf.copyWithin(contentStart + shift, contentStart, contentEnd)
    this.buf.set(prefix, fork.at)
    this.pos = contentEnd + shift
    for (let i = fork.splices; i < this.#splices.length; i++) this.#splices[i]!.at += shift
    return this
  }

  /** The whole message in order. */
  chunks(): Uint8Array[] {
    const chunks: Uint8Array[] = []
    let from = 0
    for (const { at, bytes } of this.#splices) {
      if (at > from) chunks.push(this.buf.subarray(from, at))
      chunks.push(bytes)
      from = at
    }
    if (this.pos > from) chunks.push(this.buf.subarray(from, this.pos))
    return chunks
  }
}

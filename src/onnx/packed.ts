/**
 * Packed numeric lists of TensorProto: the payload bytes as they lie in the file, in one or more chunks. Floats and
 * doubles are their little-endian bytes; integers are varints. Source: Protocol Buffers encoding.
 */
export type PackedList = readonly Uint8Array[]

/** A varint of 64 bits takes at most this many bytes. */
const longestVarint = 10

export const packedBytes = (list: PackedList): number => list.reduce((sum, chunk) => sum + chunk.byteLength, 0)

/** Number of varints in a packed list; undefined when it is malformed (cut off, or a varint of more than 10 bytes). */
export function countVarints(list: PackedList): number | undefined {
  let count = 0
  for (const chunk of list) {
    let length = 0
    for (let i = 0; i < chunk.length; i++) {
      length += 1
      if (chunk[i]! < 0x80) {
        if (length > longestVarint) return undefined
        count += 1
        length = 0
      }
    }
    if (length !== 0) return undefined
  }
  return count
}

/** The payload of a list of floats or doubles, in one piece; a view where there is one chunk. */
export function joinPacked(list: PackedList): Uint8Array {
  return list.length === 1 ? list[0]! : Buffer.concat(list)
}

/** Visits the varints of a well-formed list as two unsigned 32-bit halves. */
export function eachVarint(list: PackedList, visit: (index: number, low: number, high: number) => void): void {
  let index = 0
  for (const chunk of list) {
    let at = 0
    while (at < chunk.length) {
      let byte = chunk[at++]!
      let low = byte & 0x7f
      let high = 0
      for (let shift = 7; byte >= 0x80; shift += 7) {
        byte = chunk[at++]!
        const bits = byte & 0x7f
        if (shift < 28) low |= bits << shift
        else if (shift === 28) {
          low |= bits << 28
          high = bits >>> 4
        } else high |= bits << (shift - 32)
      }
      visit(index++, low >>> 0, high >>> 0)
    }
  }
}

/** Packs numbers for fields of type float. */
export const packFloats = (values: readonly number[]): Uint8Array[] =>
  values.length === 0 ? [] : [new Uint8Array(Float32Array.from(values).buffer)]

/** Packs numbers for fields of type double. */
export const packDoubles = (values: readonly number[]): Uint8Array[] =>
  values.length === 0 ? [] : [new Uint8Array(Float64Array.from(values).buffer)]

/** Packs integers for fields of type int32, int64 and uint64. */
export function packVarints(values: readonly (number | bigint)[]): Uint8Array[] {
  if (values.length === 0) return []
  const bytes: number[] = []
  for (const value of values) {
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    bytes.push(Number(rest))
  }
  return [Uint8Array.from(bytes)]
}

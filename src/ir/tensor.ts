import { bitsOf, byteSize, type DType } from './dtype.js'

/** Where the bytes of a tensor come from. Nothing is read or copied before somebody asks. */
export interface ByteSource {
  /** Length of the content in bytes, raw form. */
  readonly byteLength: number
  /** The whole content. May be a view of the file: never write into it. */
  read(): Uint8Array
  /** Present when the content lies in a file of its own and can be copied through without being held in memory. */
  readonly file?: { readonly path: string; readonly offset: number }
}

/** Plain bytes as a source. */
export const bytesSource = (bytes: Uint8Array): ByteSource => ({ byteLength: bytes.byteLength, read: () => bytes })

/** Typed array that holds elements of a dtype. float16, bfloat16 are bit patterns in Uint16Array; sub-byte types stay packed. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array

type ArrayMaker = {
  new (buffer: ArrayBufferLike, offset: number, length: number): TypedArray
  BYTES_PER_ELEMENT: number
}

const arrayMakers: Partial<Record<DType, ArrayMaker>> = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  complex64: Float32Array,
  complex128: Float64Array,
}

/**
 * A constant of the graph: dtype, dims and a lazy view of its content (row-major, little endian, the raw form of
 * ONNX TensorProto). Immutable. `origin` is the message it was read from, for lossless export; no other room reads it.
 */
export class Tensor {
  readonly dtype: DType
  readonly dims: readonly number[]
  readonly origin: unknown
  readonly #source: ByteSource | undefined
  readonly #strings: (() => readonly Uint8Array[]) | undefined

  private constructor(
    dtype: DType,
    dims: readonly number[],
    source: ByteSource | undefined,
    strings: (() => readonly Uint8Array[]) | undefined,
    origin: unknown,
  ) {
    this.dtype = dtype
    this.dims = dims
    this.#source = source
    this.#strings = strings
    this.origin = origin
  }

  static fromSource(dtype: DType, dims: readonly number[], source: ByteSource, origin?: unknown): Tensor {
    return new Tensor(dtype, dims, source, undefined, origin)
  }

  static fromBytes(dtype: DType, dims: readonly number[], bytes: Uint8Array): Tensor {
    const expected = byteSize(dtype, volume(dims))
    if (bytes.byteLength !== expected) {
      throw new Error(`${dtype}[${dims}] needs ${expected} bytes, got ${bytes.byteLength}`)
    }
    return new Tensor(dtype, dims, bytesSource(bytes), undefined, undefined)
  }

  static fromArray(dtype: DType, dims: readonly number[], array: TypedArray): Tensor {
    return Tensor.fromBytes(dtype, dims, new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
  }

  static fromStrings(dims: readonly number[], strings: () => readonly Uint8Array[], origin?: unknown): Tensor {
    return new Tensor('string', dims, undefined, strings, origin)
  }

  /** int64 tensor of safe integers; a scalar without dims. */
  static int64(values: readonly (number | bigint)[], dims: readonly number[] = [values.length]): Tensor {
    return Tensor.fromArray(
      'int64',
      dims,
      BigInt64Array.from(values, (value) => BigInt(value)),
    )
  }

  static float32(values: readonly number[], dims: readonly number[] = [values.length]): Tensor {
    return Tensor.fromArray('float32', dims, Float32Array.from(values))
  }

  static bool(values: readonly boolean[], dims: readonly number[] = [values.length]): Tensor {
    return Tensor.fromArray('bool', dims, Uint8Array.from(values, Number))
  }

  /** Number of elements. */
  get size(): number {
    return volume(this.dims)
  }

  get rank(): number {
    return this.dims.length
  }

  /** Bytes of the content in raw form; for strings the sum of their lengths. */
  get byteLength(): number {
    if (this.#source !== undefined) return this.#source.byteLength
    return this.#strings?.().reduce((sum, text) => sum + text.byteLength, 0) ?? 0
  }

  /** The file slice that holds the content, when it lies outside the model file. */
  get externalFile(): { readonly path: string; readonly offset: number } | undefined {
    return this.#source?.file
  }

  /** Raw content: row-major, little endian, sub-byte types packed. Possibly a view of the file: do not write into it. */
  bytes(): Uint8Array {
    if (this.#source === undefined) throw new Error('a string tensor has no raw bytes')
    return this.#source.read()
  }

  strings(): readonly Uint8Array[] {
    return this.#strings?.() ?? []
  }

  /** The content as a typed array; copied only where the view is not aligned. */
  array(): TypedArray {
    const bytes = this.bytes()
    const maker = arrayMakers[this.dtype]
    if (maker === undefined) return bytes
    const width = maker.BYTES_PER_ELEMENT
    const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice()
    // Buffer.slice() returns a view; only a fresh copy is aligned for sure.
    const view = aligned.byteOffset % width === 0 ? aligned : Uint8Array.from(aligned)
    return new maker(view.buffer, view.byteOffset, view.byteLength / width)
  }

  /** Elements as JavaScript numbers, float16 and bfloat16 decoded; int64 beyond 2^53 saturates. Not for strings or complex. */
  numbers(): ArrayLike<number> {
    const array = this.array()
    if (array instanceof BigInt64Array || array instanceof BigUint64Array) return Float64Array.from(array, saturate)
    if (this.dtype === 'float16') return Float64Array.from(array as Uint16Array, float16ToNumber)
    if (this.dtype === 'bfloat16') return Float64Array.from(array as Uint16Array, bfloat16ToNumber)
    if (bitsOf(this.dtype) < 8) return unpackSubByte(array as Uint8Array, this.dtype, this.size)
    return array
  }

  /** The same content under other dims (same number of elements). */
  reshaped(dims: readonly number[]): Tensor {
    if (volume(dims) !== this.size) throw new Error(`cannot view [${this.dims}] as [${dims}]`)
    return new Tensor(this.dtype, dims, this.#source, this.#strings, undefined)
  }
}

/** Number of elements; 1 for no dims. */
export const volume = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1)

/** A BigInt as a number, saturating at the safe integers: exporters write INT64_MAX for "to the end". */
export function saturate(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER
  if (value < BigInt(Number.MIN_SAFE_INTEGER)) return Number.MIN_SAFE_INTEGER
  return Number(value)
}

/** IEEE 754 binary16 bit pattern to number. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** Number to the nearest IEEE 754 binary16 bit pattern, ties to even. */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (magnitude >= 65520) return sign | 0x7c00
  const exponent = Math.max(Math.floor(Math.log2(magnitude || 2 ** -30)), -14)
  const step = 2 ** (exponent - 10)
  const scaled = magnitude / step
  let rounded = Math.floor(scaled)
  const rest = scaled - rounded
  if (rest > 0.5 || (rest === 0.5 && rounded % 2 === 1)) rounded += 1
  const bits = exponent === -14 && rounded < 1024 ? rounded : ((exponent + 15) << 10) + (rounded - 1024)
  return sign | bits
}

const scratch = new DataView(new ArrayBuffer(4))

/** bfloat16 bit pattern (upper half of a float32) to number. */
export function bfloat16ToNumber(bits: number): number {
  scratch.setUint32(0, (bits << 16) >>> 0)
  return scratch.getFloat32(0)
}

/** Sub-byte integers: element k in the low bits first, packed over the flattened tensor. */
function unpackSubByte(bytes: Uint8Array, dtype: DType, count: number): Int8Array | Uint8Array {
  const bits = bitsOf(dtype)
  const perByte = 8 / bits
  const isSigned = dtype === 'int4' || dtype === 'int2'
  const out = isSigned ? new Int8Array(count) : new Uint8Array(count)
  const mask = (1 << bits) - 1
  for (let i = 0; i < count; i++) {
    const raw = (bytes[Math.floor(i / perByte)]! >> ((i % perByte) * bits)) & mask
    out[i] = isSigned && raw >= 1 << (bits - 1) ? raw - (1 << bits) : raw
  }
  return out
}

import type { DType } from '../ir/dtype.js'
import { bitsOf } from '../ir/dtype.js'
import { numberToFloat16, Tensor, volume } from '../ir/tensor.js'

/** Float dtypes that weights can be rewritten in: computed in float64, rounded once at the end. */
export const isWritable = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64' || dtype === 'float16'

/** Elements as float64; undefined for dtypes that cannot be rewritten. */
export function toDoubles(tensor: Tensor): Float64Array | undefined {
  return isWritable(tensor.dtype) ? Float64Array.from(tensor.numbers()) : undefined
}

/** Rounds once to the dtype. */
export function fromDoubles(dtype: DType, dims: readonly number[], values: Float64Array): Tensor {
  switch (dtype) {
    case 'float32':
      return Tensor.fromArray(dtype, dims, Float32Array.from(values))
    case 'float64':
      return Tensor.fromArray(dtype, dims, values)
    case 'float16':
      return Tensor.fromArray(dtype, dims, Uint16Array.from(values, numberToFloat16))
    default:
      throw new Error(`weights of ${dtype} cannot be rewritten`)
  }
}

/** Whether rounding to the dtype kept every value finite: a scale may overflow float16. */
export const allFinite = (tensor: Tensor): boolean => {
  const values = tensor.numbers()
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return false
  return true
}

/** Share of a weight's norm that rounding may take away: float16's own step, twice. */
const lostShare = 2 ** -10

/**
 * Whether `rounded` still says what `exact` does: nothing overflowed, and what float16 lost to its smallest numbers does not
 * matter. `before` are the weights that were scaled: losses count in their units, whatever a channel was scaled by.
 */
export function isFaithful(rounded: Tensor, exact: Float64Array, before: Tensor): boolean {
  if (!allFinite(rounded)) return false
  if (rounded.dtype !== 'float16') return true
  const [values, old] = [rounded.numbers(), before.numbers()]
  let lost = 0
  let all = 0
  for (let i = 0; i < exact.length; i++) {
    const whole = exact[i]!
    if (whole === 0) continue
    lost += ((values[i]! / whole - 1) * old[i]!) ** 2
    all += old[i]! ** 2
  }
  return lost <= lostShare ** 2 * all
}

/** values[i] * factors[index of i along axis]; factors has dims[axis] entries. */
export function scaleAlong(
  values: Float64Array,
  dims: readonly number[],
  axis: number,
  factors: Float64Array,
): Float64Array {
  const inner = volume(dims.slice(axis + 1))
  const size = dims[axis]!
  return values.map((value, i) => value * factors[Math.floor(i / inner) % size]!)
}

/**
 * The tensor with other positions along an axis: position i is what position `positions[i]` was, or zero bits for -1. Any dtype
 * of whole bytes.
 */
export function selectAlong(tensor: Tensor, axis: number, positions: Int32Array): Tensor {
  const width = bitsOf(tensor.dtype) / 8
  if (width < 1 || tensor.dtype === 'string') throw new Error(`elements of ${tensor.dtype} cannot be selected`)
  const outer = volume(tensor.dims.slice(0, axis))
  const inner = volume(tensor.dims.slice(axis + 1)) * width
  const size = tensor.dims[axis]!
  const from = tensor.bytes()
  const to = new Uint8Array(outer * positions.length * inner)
  for (let row = 0; row < outer; row++) {
    for (const [i, at] of positions.entries()) {
      if (at < 0) continue
      const start = (row * size + at) * inner
      to.set(from.subarray(start, start + inner), (row * positions.length + i) * inner)
    }
  }
  const dims = tensor.dims.map((dim, i) => (i === axis ? positions.length : dim))
  return Tensor.fromBytes(tensor.dtype, dims, to)
}

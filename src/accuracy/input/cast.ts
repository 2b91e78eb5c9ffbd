import type { DType } from '../../ir/dtype.js'
import { UserError } from '../../ir/errors.js'
import { numberToFloat16, type TypedArray } from '../../ir/tensor.js'

/** Integers: rounded to the nearest, held inside the dtype's range. */
const clamped =
  (low: number, high: number) =>
  (value: number): number =>
    Math.min(Math.max(Math.round(value), low), high)

const casts = new Map<DType, (values: ArrayLike<number>) => TypedArray>([
  ['float32', (values) => Float32Array.from(values)],
  ['float64', (values) => Float64Array.from(values)],
  ['float16', (values) => Uint16Array.from(values, numberToFloat16)],
  ['int8', (values) => Int8Array.from(values, clamped(-128, 127))],
  ['uint8', (values) => Uint8Array.from(values, clamped(0, 255))],
  ['int16', (values) => Int16Array.from(values, clamped(-(2 ** 15), 2 ** 15 - 1))],
  ['uint16', (values) => Uint16Array.from(values, clamped(0, 2 ** 16 - 1))],
  ['int32', (values) => Int32Array.from(values, clamped(-(2 ** 31), 2 ** 31 - 1))],
  ['uint32', (values) => Uint32Array.from(values, clamped(0, 2 ** 32 - 1))],
  ['int64', (values) => BigInt64Array.from(Array.from(values, (value) => BigInt(Math.round(value))))],
  ['bool', (values) => Uint8Array.from(values, (value) => (value === 0 ? 0 : 1))],
])

/** Numbers as elements of a dtype that the runtime can be fed. Throws UserError for the others. */
export function castNumbers(dtype: DType, values: ArrayLike<number>): TypedArray {
  const cast = casts.get(dtype)
  if (cast === undefined)
    throw new UserError('invalid-data', '', `an input of ${dtype} cannot be fed`, 'give arrays of that dtype')
  return cast(values)
}

import type { DType } from '../ir/dtype.js'
import { isFloat } from '../ir/dtype.js'
import type { Tensor } from '../ir/tensor.js'

/** How far two results may be apart: |a - b| <= atol + rtol * max |reference|. Zero for both: the same values. */
export interface Tolerance {
  readonly rtol: number
  readonly atol: number
}

/** How far two values of one output are apart. */
export interface Comparison {
  readonly name: string
  readonly agrees: boolean
  /** Why not, in words. */
  readonly reason?: string
  readonly maxAbs: number
  /** Relative to the larger of |reference| and a thousandth of the largest reference value. */
  readonly maxRel: number
  readonly cosine: number
  /** Signal to quantisation noise, dB; null for no difference at all. */
  readonly sqnrDb: number | null
}

/** Exact passes leave every value alone. */
export const exactTolerance = (): Tolerance => ({ rtol: 0, atol: 0 })

/** Reassociated arithmetic: what rounding in that dtype may add up to over a deep network. */
export function roundingTolerance(dtype: DType): Tolerance {
  if (!isFloat(dtype)) return exactTolerance()
  return dtype === 'float32' || dtype === 'float64' ? { rtol: 1e-3, atol: 1e-5 } : { rtol: 1e-2, atol: 1e-3 }
}

/**
 * Compares one output. NaN equals NaN, infinities must be the same; integers, bools and strings exactly. With
 * `shapesOnly` (random operators) only dtype and dims count.
 */
export function compareTensors(
  name: string,
  reference: Tensor,
  result: Tensor | undefined,
  tolerance: (dtype: DType) => Tolerance,
  shapesOnly = false,
): Comparison {
  if (result === undefined) return unequal(name, 'the output is missing')
  if (result.dtype !== reference.dtype) return unequal(name, `${result.dtype} instead of ${reference.dtype}`)
  if (result.dims.join() !== reference.dims.join())
    return unequal(name, `[${result.dims}] instead of [${reference.dims}]`)
  if (shapesOnly) return equal(name)
  if (reference.dtype === 'string') {
    const other = result.strings()
    const at = reference.strings().findIndex((text, i) => Buffer.compare(text, other[i]!) !== 0)
    return at < 0 ? equal(name) : unequal(name, `string ${at} differs`)
  }
  return compareNumbers(name, reference.numbers(), result.numbers(), tolerance(reference.dtype))
}

function compareNumbers(
  name: string,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { rtol, atol }: Tolerance,
): Comparison {
  let largest = 0
  for (let i = 0; i < a.length; i++) if (Number.isFinite(a[i]!)) largest = Math.max(largest, Math.abs(a[i]!))
  const floor = largest * 1e-3
  let maxAbs = 0
  let maxRel = 0
  let signal = 0
  let noise = 0
  let other = 0
  let product = 0
  let broken = -1
  for (let i = 0; i < a.length; i++) {
    const x = a[i]!
    const y = b[i]!
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) {
      if (Number.isFinite(x)) {
        signal += x * x
        other += x * x
        product += x * x
      }
      continue
    }
    const difference = Math.abs(x - y)
    if (!Number.isFinite(difference)) {
      if (broken < 0) broken = i
      continue
    }
    maxAbs = Math.max(maxAbs, difference)
    maxRel = Math.max(maxRel, difference / Math.max(Math.abs(x), floor, Number.MIN_VALUE))
    signal += x * x
    other += y * y
    product += x * y
    noise += difference * difference
  }
  const figures = {
    maxAbs,
    maxRel,
    cosine: signal === 0 && other === 0 ? 1 : signal === 0 || other === 0 ? 0 : product / Math.sqrt(signal * other),
    sqnrDb: noise === 0 ? null : 10 * Math.log10(signal / noise),
  }
  if (broken >= 0)
    return { name, agrees: false, reason: `element ${broken} is ${b[broken]} instead of ${a[broken]}`, ...figures }
  const limit = atol + rtol * largest
  if (maxAbs <= limit) return { name, agrees: true, ...figures }
  return {
    name,
    agrees: false,
    reason: `off by up to ${maxAbs.toPrecision(3)}, allowed ${limit.toPrecision(3)}`,
    ...figures,
  }
}

const equal = (name: string): Comparison => ({ name, agrees: true, maxAbs: 0, maxRel: 0, cosine: 1, sqnrDb: null })

const unequal = (name: string, reason: string): Comparison => ({
  name,
  agrees: false,
  reason,
  maxAbs: Number.POSITIVE_INFINITY,
  maxRel: Number.POSITIVE_INFINITY,
  cosine: 0,
  sqnrDb: Number.NEGATIVE_INFINITY,
})

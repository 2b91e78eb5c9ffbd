import type { Tensor } from '../ir/tensor.js'
import type { Counterpart } from '../passes/architecture/correspondence.js'
import { identity } from '../passes/architecture/positions.js'

/** Noise to signal of a value, sample by sample: sum of squared errors over that of deviations from the original's mean. */
export class NoiseToSignal {
  #noise = 0
  #sum = 0
  #squares = 0
  #count = 0

  /**
   * `original` [d0, d1, ...] and `result` of the same rank; where axes were cut or widened, `positions` says what is left of the
   * original's. Positions without a counterpart do not count. Throws RangeError where the shapes do not fit.
   */
  add(original: Tensor, result: Tensor, positions: Counterpart['positions'] = new Map()): void {
    const expected = selected(original, positions)
    const found = result.numbers()
    if (expected.length !== found.length)
      throw new RangeError(`[${result.dims}] stands for ${expected.length} elements of [${original.dims}]`)
    for (let i = 0; i < found.length; i++) {
      const x = expected[i]!
      if (Number.isNaN(x)) continue
      this.#noise += (x - found[i]!) ** 2
      this.#sum += x
      this.#squares += x * x
      this.#count += 1
    }
  }

  /** 0 for equal values; infinite where a constant is missed. */
  get nsr(): number {
    const variance = this.#squares - this.#sum ** 2 / Math.max(1, this.#count)
    return this.#noise === 0 ? 0 : variance <= 0 ? Number.POSITIVE_INFINITY : this.#noise / variance
  }
}

/** Elements of the positions that are left, row-major; NaN where there is no counterpart. */
function selected(tensor: Tensor, positions: Counterpart['positions']): ArrayLike<number> {
  const numbers = tensor.numbers()
  if (positions.size === 0) return numbers
  const { dims } = tensor
  let offsets = [0]
  let stride = tensor.size
  for (const [axis, size] of dims.entries()) {
    stride /= size
    const kept = positions.get(axis) ?? identity(size)
    offsets = offsets.flatMap((offset) => Array.from(kept, (at) => (at < 0 ? Number.NaN : offset + at * stride)))
  }
  return Float64Array.from(offsets, (offset) => numbers[offset] ?? Number.NaN)
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Tensor } from '../ir/tensor.js'
import { NoiseToSignal } from './noise.js'

const noiseOf = (original: Tensor, result: Tensor, positions?: ReadonlyMap<number, Int32Array>): number => {
  const noise = new NoiseToSignal()
  noise.add(original, result, positions)
  return noise.nsr
}

describe('noise to signal', () => {
  test.each<[string, number[], number[], number]>([
    ['equal values', [1, 2, 3, 4], [1, 2, 3, 4], 0],
    ['the mean instead of the values', [1, 2, 3, 6], [3, 3, 3, 3], 1],
    ['an offset of half a deviation', [-2, 2, -2, 2], [-1, 3, -1, 3], 0.25],
    ['a constant that is met', [5, 5], [5, 5], 0],
    ['a constant that is missed', [5, 5], [5, 6], Number.POSITIVE_INFINITY],
  ])('%s', (_, original, result, expected) => {
    expect(noiseOf(Tensor.float32(original), Tensor.float32(result))).toBeCloseTo(expected, 12)
  })

  test('samples add up before the ratio is taken', () => {
    const noise = new NoiseToSignal()
    noise.add(Tensor.float32([0, 4]), Tensor.float32([0, 4]))
    noise.add(Tensor.float32([0, 4]), Tensor.float32([2, 2]))
    expect(noise.nsr).toBeCloseTo(8 / 16, 12)
  })

  test('axes that were cut are compared at the positions that are left; new ones do not count', () => {
    // [1, 3, 2]: channels 0, 1, 2.
    const original = Tensor.float32([1, 2, 3, 4, 5, 6], [1, 3, 2])
    const kept = new Map([[1, Int32Array.of(2, -1, 0)]])
    expect(noiseOf(original, Tensor.float32([5, 6, 100, -100, 1, 2], [1, 3, 2]), kept)).toBe(0)
    const both = new Map([
      [1, Int32Array.of(1)],
      [2, Int32Array.of(1, 0)],
    ])
    expect(noiseOf(original, Tensor.float32([4, 3], [1, 1, 2]), both)).toBe(0)
    expect(() => noiseOf(original, Tensor.float32([4, 3], [1, 1, 2]))).toThrow(RangeError)
  })

  test('does not change when both are scaled and shifted alike', () => {
    const numbers = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })), {
      minLength: 2,
      maxLength: 20,
    })
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 8 }), fc.integer({ min: -20, max: 20 }), (pairs, scale, shift) => {
        const [x, y] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)]
        const moved = (list: number[]) => Tensor.float32(list.map((value) => value * scale + shift))
        const [plain, other] = [noiseOf(Tensor.float32(x), Tensor.float32(y)), noiseOf(moved(x), moved(y))]
        if (Number.isFinite(plain)) expect(other).toBeCloseTo(plain, 6)
        else expect(other).toBe(plain)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Tensor } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { unexplainedNoise } from './unexplained-noise.js'

const dims = [8, 4, 6, 6]
const normal = (seed: number): Float64Array => {
  const random = new SeededRandom(seed)
  return Float64Array.from({ length: 8 * 4 * 36 }, () => random.normal())
}
const tensor = (values: ArrayLike<number>, of = dims) => Tensor.float32(Array.from(values), of)
const channelOf = (i: number) => Math.floor(i / 36) % 4

describe('noise that linear layers cannot make up for', () => {
  test('does not see scale and shift of channels', () => {
    const signal = normal(1)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: -9, max: 9 })), {
          minLength: 4,
          maxLength: 4,
        }),
        (maps) => {
          const moved = signal.map((value, i) => maps[channelOf(i)]![0] * value + maps[channelOf(i)]![1])
          expect(unexplainedNoise(tensor(signal), tensor(moved))).toBeLessThan(1e-6)
        },
      ),
      { numRuns: 20 },
    )
  })

  test('does not see channels that were mixed', () => {
    const signal = normal(1)
    const mixed = signal.map((value, i) => {
      const next = channelOf(i) === 3 ? i - 3 * 36 : i + 36
      return value + 0.7 * signal[next]!
    })
    // Without the map each channel still has 0.7^2 of its neighbour in 1 + 0.7^2.
    expect(unexplainedNoise(tensor(signal), tensor(mixed))).toBeLessThan(0.01)
  })

  test('is all where nothing is left, and the share that was added else', () => {
    const [signal, other] = [normal(1), normal(2)]
    expect(unexplainedNoise(tensor(signal), tensor(other))).toBeGreaterThan(0.95)
    expect(unexplainedNoise(tensor(signal), tensor(signal.map(() => 3)))).toBeCloseTo(1, 6)
    // The best scale 1 / 1.25 leaves 0.25 / 1.25.
    const noisy = signal.map((value, i) => value + 0.5 * other[i]!)
    expect(unexplainedNoise(tensor(signal), tensor(noisy))).toBeCloseTo(0.2, 1)
    expect(unexplainedNoise(tensor(signal.map(() => 3)), tensor(other))).toBe(0)
  })

  test('compares what is left of the channels', () => {
    const signal = normal(1)
    const kept = [2, 0]
    const cut = Array.from({ length: 8 * 2 * 36 }, (_, i) => {
      const [sample, channel] = [Math.floor(i / 72), Math.floor(i / 36) % 2]
      return signal[(sample * 4 + kept[channel]!) * 36 + (i % 36)]!
    })
    const result = tensor(cut, [8, 2, 6, 6])
    expect(unexplainedNoise(tensor(signal), result, new Map([[1, Int32Array.from(kept)]]))).toBeLessThan(1e-6)
    expect(unexplainedNoise(tensor(signal), result, new Map([[1, Int32Array.of(1, -1)]]))).toBeGreaterThan(0.9)
  })

  test('of few rows, of a classifier say, is by channel', () => {
    const values = [1, 2, 3, 4, 0, 1, 2, 0]
    expect(
      unexplainedNoise(
        tensor(values, [4, 2]),
        tensor(
          values.map((value) => 5 - value),
          [4, 2],
        ),
      ),
    ).toBeLessThan(1e-6)
  })
})

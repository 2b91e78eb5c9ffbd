import { describe, expect, test } from 'vitest'
import { kernelCost } from './cycles.js'
import type { ArrayMapping, Kernel } from './kernels.js'
import { type ArrayTarget, loadTarget } from './target.js'

const target = loadTarget('neural-engine') as ArrayTarget

const kernel = (
  mapping: ArrayMapping | undefined,
  macs: number,
  bytes: { weights?: number; in?: number; out?: number } = {},
): Kernel => ({
  name: 'k',
  kind: mapping === undefined ? 'vector' : 'convolution',
  nodes: [],
  macs,
  weightBytes: bytes.weights ?? 0,
  inputs: [{ value: undefined as never, elements: bytes.in ?? 0, bytes: bytes.in ?? 0 }],
  outputs: [{ value: undefined as never, elements: bytes.out ?? 0, bytes: bytes.out ?? 0 }],
  mapping,
  shape: undefined as never,
  repeats: 1,
})

describe('cycles of the dot-product array, by hand', () => {
  test.each<[string, Kernel, number]>([
    // 56 x 56 positions, 9 taps, 1 x 1 tiles of 32 x 32 channels
    [
      'a dense 3x3 that fills the lanes',
      kernel({ positions: 3136, taps: 9, groups: 1, inChannels: 32, outChannels: 32 }, 0),
      28224,
    ],
    [
      '33 channels cost as much as 64',
      kernel({ positions: 100, taps: 1, groups: 1, inChannels: 33, outChannels: 33 }, 0),
      400,
    ],
    ['64 channels', kernel({ positions: 100, taps: 1, groups: 1, inChannels: 64, outChannels: 64 }, 0), 400],
    [
      'depthwise: 16 channels x 1 tap a cycle',
      kernel({ positions: 3136, taps: 9, groups: 96, inChannels: 1, outChannels: 1 }, 0),
      169344,
    ],
    [
      'two wide groups run densely',
      kernel({ positions: 10, taps: 9, groups: 2, inChannels: 32, outChannels: 32 }, 0),
      180,
    ],
  ])('%s', (_, each, cycles) => {
    const cost = kernelCost(each, target, 'int8')
    expect(cost.computeCycles).toBe(cycles)
    expect(cost.cycles).toBe(cycles + 1500)
  })

  test('half rate at int16 and float16', () => {
    const dense = kernel({ positions: 1000, taps: 1, groups: 1, inChannels: 32, outChannels: 32 }, 0)
    expect(kernelCost(dense, target, 'int16').computeCycles).toBe(2000)
    expect(kernelCost(dense, target, 'float16').computeCycles).toBe(2000)
  })

  test('weights stream at 8 bytes a cycle and bound a small layer', () => {
    const cost = kernelCost(
      kernel({ positions: 49, taps: 9, groups: 1, inChannels: 160, outChannels: 960 }, 0, { weights: 1382400 }),
      target,
      'int8',
    )
    expect(cost.memoryCycles).toBe(172800)
    expect(cost.bound).toBe('memory')
    expect(cost.cycles).toBe(172800 + 1500)
  })

  test('an activation over half the SRAM goes to DRAM, one of just half does not', () => {
    const large = kernelCost(kernel(undefined, 0, { in: 524289, out: 1000 }), target, 'int8')
    expect(large.dramBytes).toBe(524289)
    expect(kernelCost(kernel(undefined, 0, { in: 524288, out: 1000 }), target, 'int8').dramBytes).toBe(0)
  })

  test('the vector unit does 64 elements a cycle', () => {
    const cost = kernelCost(kernel(undefined, 0, { in: 6400, out: 6400 }), target, 'int8')
    expect(cost.computeCycles).toBe(100)
    expect(cost.bound).toBe('overhead')
  })

  test('a full array is fully used', () => {
    const macs = 1_000_000 * 1024
    const cost = kernelCost(
      kernel({ positions: 1_000_000, taps: 1, groups: 1, inChannels: 32, outChannels: 32 }, macs),
      target,
      'int8',
    )
    expect(cost.utilisation).toBeCloseTo(1_000_000 / 1_001_500, 6)
  })
})

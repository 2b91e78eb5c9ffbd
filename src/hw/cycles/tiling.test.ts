import { describe, expect, test } from 'vitest'
import { convolutionShape } from '../convolution-shape.js'
import type { KernelShape } from '../shape.js'
import { type DotProductTarget, loadTarget } from '../target.js'
import { kernelCost } from './index.js'
import { mappingOf } from './mapping.js'
import { reloadsOf } from './tiling.js'

const engine = loadTarget('neural-engine') as DotProductTarget
const withSram = (sramBytes: number): DotProductTarget => ({ ...engine, memory: { ...engine.memory, sramBytes } })
const loads = (shape: KernelShape, target: DotProductTarget, dramInputBytes = shape.inputBytes) => {
  const { inputLoads, weightLoads } = reloadsOf(
    shape,
    mappingOf(shape)!,
    { dramInputBytes, dramOutputBytes: shape.outputBytes },
    target,
  )
  return [inputLoads, weightLoads]
}

describe('tiles that exceed the SRAM, by hand', () => {
  // 64 x 64 x 64 input = 262144 bytes; 64 x 64 weights = 4096 bytes; half of the SRAM is one tile.
  const wide = convolutionShape({ inChannels: 64, outChannels: 64, size: 64 })
  // 8 x 8 x 256 input = 16384 bytes; 256 x 1024 weights = 262144 bytes.
  const heavy = convolutionShape({ inChannels: 256, outChannels: 1024, size: 8 })

  test.each<[string, KernelShape, number, [number, number]]>([
    ['all weights fit beside a strip of one row: everything once', wide, 32768, [1, 1]],
    // Tile 4096: a strip of one row is 4096 and is cut, so weights have 2048 and come in 2 chunks; or the input in 66
    // strips of 4096 - 64 bytes, with the weights 66 times: 65 more x 4096 > 262144.
    ['input again for each of two chunks of weights, or weights again for 66 strips', wide, 8192, [2, 1]],
    // Tile 8192: a strip of one row is 2048, weights have 6144: 43 chunks. Strips of 8192 - 256: 3. 42 x 16384 > 2 x 262144.
    ['heavy weights come again for each of three strips', heavy, 16384, [1, 3]],
  ])('%s', (_, shape, sramBytes, expected) => {
    expect(loads(shape, withSram(sramBytes))).toEqual(expected)
  })

  test('an input in SRAM is never fetched', () => {
    expect(loads(heavy, withSram(16384), 0)).toEqual([1, 1])
  })

  test('reloads are DRAM traffic and memory cycles, not compute cycles', () => {
    const roomy = kernelCost(heavy, withSram(1 << 20), { dramInputBytes: 16384, dramOutputBytes: 65536 })
    const tight = kernelCost(heavy, withSram(16384), { dramInputBytes: 16384, dramOutputBytes: 65536 })
    expect(roomy.dramBytes).toBe(16384 + 262144 + 65536)
    expect(tight.dramBytes).toBe(16384 + 3 * 262144 + 65536)
    expect(tight.memoryCycles).toBe(tight.dramBytes / 8)
    expect(tight.computeCycles).toBe(roomy.computeCycles)
  })

  test('groups share nothing: as many loads as one of them needs', () => {
    const grouped = convolutionShape({ inChannels: 256, outChannels: 1024, size: 8, groups: 64 })
    expect(loads(grouped, withSram(16384))).toEqual([1, 1])
  })

  test('weights of a recurrent kernel come again at every step, unless they stay in SRAM', () => {
    const lstm: KernelShape = {
      ...convolutionShape({ inChannels: 100, outChannels: 100, size: 1 }),
      kind: 'recurrent',
      inHeight: 12,
      weightBytes: 80000,
      macs: 12 * 200 * 400,
    }
    expect(loads(lstm, withSram(1 << 20), 0)).toEqual([1, 1])
    expect(loads(lstm, withSram(100000), 0)).toEqual([1, 12])
  })

  test('the second of two activations is what stays or comes again', () => {
    const product: KernelShape = {
      ...convolutionShape({ inChannels: 128, outChannels: 128, size: 1 }),
      kind: 'matmul',
      inHeight: 1024,
      outHeight: 1024,
      inputBytes: 1024 * 128 + 128 * 128,
      outputBytes: 1024 * 128,
      weightBytes: 0,
      macs: 1024 * 128 * 128,
    }
    expect(loads(product, withSram(65536))).toEqual([1, 1])
    const all = { dramInputBytes: product.inputBytes, dramOutputBytes: product.outputBytes }
    expect(kernelCost(product, withSram(65536), all).dramBytes).toBe(product.inputBytes + product.outputBytes)
  })
})

import { describe, expect, test } from 'vitest'
import { estimate } from '../../src/estimator/estimate.js'
import { entropyBits } from '../../src/hw/cycles/microblock/entropy.js'
import { stepsOf } from '../../src/hw/cycles/microblock/residency.js'
import { planKernels } from '../../src/hw/kernels.js'
import { loadTarget, type MicroblockTarget, targetNames } from '../../src/hw/target.js'
import { buildModel } from '../../src/ir/build.js'
import { inferTypes } from '../../src/ir/infer.js'
import { Tensor } from '../../src/ir/tensor.js'

const target = loadTarget('ethos-u55-128') as MicroblockTarget

/** Values that take every level of int8 equally often, in each channel of `size` of them. */
const ramp = (...dims: number[]) => {
  const size = dims.reduce((all, dim) => all * dim, 1)
  return Tensor.float32(
    Array.from({ length: size }, (_, i) => ((i * 101) % 255) - 127),
    dims,
  )
}

/** conv -> relu -> reshape -> conv -> add with the first, through a softmax. */
const model = () =>
  buildModel((g) => {
    const x = g.input('x', 'float32', [1, 8, 16, 16])
    const pads = { pads: [1, 1, 1, 1] }
    const first = g.op('Relu', [g.op('Conv', [x, g.constant(ramp(16, 8, 3, 3))], pads)])
    const second = g.op('Conv', [first, g.constant(ramp(16, 16, 3, 3))], pads)
    const sum = g.op('Add', [second, first])
    g.output(g.op('Softmax', [sum], { axis: 1 }), 'y')
  })

describe('graphs on microblock arrays', () => {
  test('kernels know what they read and who hands out', () => {
    const built = model()
    inferTypes(built)
    const steps = stepsOf(planKernels(built, target).kernels)
    expect(steps.map(({ reads }) => reads)).toEqual([['network'], [0], [1, 0], [2]])
    expect(steps.map(({ isOutput }) => isOutput)).toEqual([false, false, false, true])
    expect(steps[0]!.bitsPerWeight).toBeGreaterThan(8)
    expect(steps[2]!.bitsPerWeight).toBeUndefined()
  })

  test.each(targetNames().filter((name) => name.startsWith('ethos-')))('%s estimates a network', (name) => {
    const { latencyMs, kernels, dramBytes } = estimate(model(), loadTarget(name))
    expect(kernels).toHaveLength(4)
    expect(latencyMs).toBeGreaterThan(0)
    expect(kernels.reduce((sum, kernel) => sum + kernel.latencyMs, 0)).toBeCloseTo(latencyMs, 9)
    expect(dramBytes).toBeGreaterThan(3000)
  })
})

describe('entropy of weights', () => {
  test.each<[string, Tensor, number, number]>([
    ['one value', Tensor.float32([3, 3, 3, 3], [2, 2]), 1, 0],
    ['two values', Tensor.float32([1, 0, 1, 0], [2, 2]), 1, 1],
    // Each channel by its own largest: both are 127 and 64.
    ['two channels of different size', Tensor.float32([2, 1, 20, 10], [2, 2]), 2, 1],
    ['bytes', Tensor.fromArray('int8', [2, 2], Int8Array.of(1, 2, 3, 4)), 1, 2],
    ['every level', ramp(255), 1, Math.log2(255)],
    ['zeros', Tensor.float32([0, 0, 0, 0], [2, 2]), 2, 0],
  ])('%s', (_, tensor, channels, bits) => {
    expect(entropyBits(tensor, channels)).toBeCloseTo(bits, 9)
  })
})

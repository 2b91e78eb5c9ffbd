import { describe, expect, test } from 'vitest'
import { buildModel } from '../../ir/build.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor } from '../../ir/tensor.js'
import { planKernels } from '../kernels.js'
import { loadTarget, type Target } from '../target.js'
import { sramFit } from './fit.js'
import { planMemory } from './plan.js'

/** Two activations of 600 bytes each, one of 100. */
const plan = (() => {
  const model = buildModel((g) => {
    const x = g.input('x', 'float32', [1, 600])
    const [start, end, axis] = [0, 100, 1].map((n) => g.constant(Tensor.int64([n])))
    g.output(g.op('Slice', [g.op('Softmax', [x]), start, end, axis]))
  })
  expect(inferTypes(model)).toEqual([])
  return planMemory(planKernels(model, loadTarget('neural-engine')).kernels)
})()

const chip = (name: string, memory: object): Target => {
  const target = loadTarget(name)
  return { ...target, memory: { ...target.memory, ...memory } } as Target
}

describe('how a plan fits the SRAM', () => {
  test.each<[string, Target, object]>([
    [
      'all of it',
      chip('neural-engine', { sramBytes: 1200, residentFraction: 1 }),
      { fits: true, fitsWithWeights: false, onChipBytes: [1200, 700], overflowBytes: 0, residentWeightBytes: 0 },
    ],
    [
      'weights beside it',
      chip('neural-engine', { sramBytes: 2200, residentFraction: 1 }),
      { fits: true, fitsWithWeights: true },
    ],
    [
      'large activations in DRAM',
      chip('neural-engine', { sramBytes: 1000, residentFraction: 0.5 }),
      { fits: false, onChipBytes: [0, 100], overflowBytes: 0 },
    ],
    [
      'everything in SRAM: the weights take their part',
      chip('ethos-u55-128', { sramBytes: 1500, residentFraction: 1, mode: 'sram-only' }),
      { fits: false, residentWeightBytes: 1000, isCache: false },
    ],
    [
      'a cache holds no activation',
      chip('ethos-u65-512', { sramBytes: 5000, residentFraction: 1, mode: 'dedicated-sram' }),
      { fits: true, isCache: true, onChipBytes: [0, 0], overflowBytes: 0 },
    ],
  ])('%s', (_, target, expected) => {
    expect(sramFit(plan, 1000, target)).toMatchObject(expected)
  })
})

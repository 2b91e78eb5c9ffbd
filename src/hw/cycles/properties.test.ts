import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ConvolutionSizes, convolutionShape } from '../convolution-shape.js'
import { type ArrayTarget, loadTarget, targetNames } from '../target.js'
import { kernelCost, type Placement } from './index.js'

const arrays = targetNames()
  .map(loadTarget)
  .filter((target): target is ArrayTarget => target.kind === 'dot-product-array' || target.kind === 'systolic-array')

const sizes = fc.record({
  inChannels: fc.integer({ min: 1, max: 300 }),
  outChannels: fc.integer({ min: 1, max: 300 }),
  size: fc.integer({ min: 1, max: 40 }),
  kernel: fc.constantFrom(1, 3, 5),
  stride: fc.constantFrom(1, 2),
  batch: fc.integer({ min: 1, max: 3 }),
  precision: fc.constantFrom('int8' as const, 'float16' as const),
})

const cost = (each: ConvolutionSizes, target: ArrayTarget, placement?: Placement) =>
  kernelCost(convolutionShape(each), target, placement)

describe.each(arrays.map((target) => [target.name, target] as const))('%s', (_, target) => {
  test('cycles cover both sides, utilisation is a share, weights are read once at least', () => {
    fc.assert(
      fc.property(sizes, (each) => {
        const found = cost(each, target)
        expect(found.cycles).toBeGreaterThanOrEqual(Math.max(found.computeCycles, found.memoryCycles))
        expect(found.utilisation).toBeGreaterThan(0)
        expect(found.utilisation).toBeLessThanOrEqual(1)
        expect(found.dramBytes).toBeGreaterThanOrEqual(convolutionShape(each).weightBytes)
        expect(found.sramBytes).toBeGreaterThanOrEqual(convolutionShape(each).weightBytes)
      }),
    )
  })

  test('more of anything never takes fewer cycles to compute', () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom('inChannels', 'outChannels', 'size', 'batch'), (each, field) => {
        const larger = cost({ ...each, [field]: each[field] + 1 }, target)
        expect(larger.computeCycles).toBeGreaterThanOrEqual(cost(each, target).computeCycles)
      }),
    )
  })

  test('more SRAM never means more traffic, and where activations live never changes what is computed', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 12, max: 20 }), (each, power) => {
        const shape = convolutionShape(each)
        const spilled = { dramInputBytes: shape.inputBytes, dramOutputBytes: shape.outputBytes }
        const withSram = (sramBytes: number): ArrayTarget =>
          ({ ...target, memory: { ...target.memory, sramBytes } }) as ArrayTarget
        const small = cost(each, withSram(2 ** power), spilled)
        const large = cost(each, withSram(2 ** (power + 1)), spilled)
        const resident = cost(each, target, { dramInputBytes: 0, dramOutputBytes: 0 })
        expect(large.dramBytes).toBeLessThanOrEqual(small.dramBytes)
        expect(resident.dramBytes).toBe(shape.weightBytes)
        expect(small.dramBytes).toBeGreaterThanOrEqual(shape.weightBytes + shape.inputBytes + shape.outputBytes)
        expect(small.computeCycles).toBe(resident.computeCycles)
      }),
    )
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inferTypes } from '../../ir/infer.js'
import { SeededRandom } from '../../runtime/random.js'
import { builtInPrior } from './built-in-prior.js'
import { kernelModel, weightBytesOf } from './kernel-model.js'
import { dimsOfOperand, specKey } from './kernel-spec.js'
import { perturb } from './perturb.js'
import { Prior } from './prior.js'

const prior = new Prior()
builtInPrior(prior)
const specs = prior
  .kernels()
  .map(({ spec }) => spec)
  .filter((spec) => weightBytesOf(spec) < 1 << 18)

test('a kernel with other sizes is still one kernel that fits together', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...specs),
      fc.integer({ min: 1, max: 1e6 }),
      fc.constantFrom('all' as const, 'outer' as const, 'none' as const),
      (spec, seed, mode) => {
        const moved = perturb(spec, new SeededRandom(seed), mode)
        expect(specKey(perturb(spec, new SeededRandom(seed), mode))).toBe(specKey(moved))
        if (mode === 'none') expect(specKey(moved)).toBe(specKey(spec))
        const { model, nodes } = kernelModel(moved, 1, new SeededRandom(1))
        expect(inferTypes(model)).toEqual([])
        expect(nodes[0]!.outputs[0]!.type).toMatchObject({ kind: 'tensor' })
        moved.inputs.forEach((operand, i) => {
          expect(dimsOfOperand(operand!).length).toBe(dimsOfOperand(spec.inputs[i]!).length)
        })
      },
    ),
    { numRuns: 150 },
  )
})

test('sizes keep the power of two that divides them', () => {
  const spec = specs.find(({ opType }) => opType === 'Relu')!
  for (let seed = 1; seed < 60; seed++) {
    const before = dimsOfOperand(spec.inputs[0]!)
    const after = dimsOfOperand(perturb(spec, new SeededRandom(seed), 'all').inputs[0]!)
    before.forEach((size, axis) => {
      for (const unit of [2, 4, 8, 16]) if (size % unit === 0) expect(after[axis]! % unit).toBe(0)
      expect(after[axis]! / size).toBeLessThan(1.7)
    })
  }
})

import { expect, test } from 'vitest'
import { loadTarget } from '../hw/target.js'
import { buildModel } from '../ir/build.js'
import { Tensor } from '../ir/tensor.js'
import { estimate } from './estimate.js'

/** A convolution whose kernel is made from a size that a caller may override, and one from a size nobody can. */
const model = (isInput: boolean) =>
  buildModel((g) => {
    const x = g.input('x', 'float32', [1, 8, 16, 16])
    const size = g.constant(Tensor.int64([8, 8, 3, 3]), 'size')
    if (isInput) {
      g.graph.inputs.push(size)
      size.isInput = true
    }
    g.output(g.op('Conv', [x, g.op('ConstantOfShape', [size])], { pads: [1, 1, 1, 1] }), 'y')
  })

test('sizes that a caller may override are what they are by default', () => {
  const target = loadTarget('neural-engine')
  const [fixed, overridable] = [false, true].map((isInput) => model(isInput))
  const { macs, assumptions } = estimate(overridable!, target)
  expect(macs).toBe(estimate(fixed!, target).macs)
  expect(macs).toBeGreaterThan(8 * 8 * 9 * 14 * 14)
  expect(assumptions).toEqual(['inputs that have default values are taken at them: 1'])
  expect(overridable!.graph.inputs).toHaveLength(2)
})

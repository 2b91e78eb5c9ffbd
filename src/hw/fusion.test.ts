import { describe, expect, test } from 'vitest'
import { buildModel } from '../ir/build.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { planKernels } from './kernels.js'
import { planMemory } from './memory/plan.js'
import { loadTarget, targetNames } from './target.js'

/** Two convolutions whose results are added: the addition could end either kernel. */
const twoBranches = buildModel((g) => {
  const x = g.input('x', 'float32', [1, 8, 12, 12])
  const weight = () =>
    g.constant(
      Tensor.float32(
        Array.from({ length: 8 * 8 * 9 }, (_, i) => Math.sin(i)),
        [8, 8, 3, 3],
      ),
    )
  const branches = [1, 2].map(() => g.op('Conv', [x, weight()], { pads: [1, 1, 1, 1] }))
  g.output(g.op('Relu', [g.op('Add', branches)]), 'y')
})

describe('two kernels that may end at the same addition', () => {
  test.each(targetNames())('%s takes it once', (name) => {
    inferTypes(twoBranches)
    const target = loadTarget(name)
    const { kernels, plain } = planKernels(twoBranches, target)
    const nodes = plain.flatMap((kernel) => kernel.nodes)
    expect(new Set(nodes).size).toBe(nodes.length)
    expect(planMemory(kernels).peakBytes).toBeGreaterThan(0)
  })
})

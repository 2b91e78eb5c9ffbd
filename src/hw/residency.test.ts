import { describe, expect, test } from 'vitest'
import { buildModel } from '../ir/build.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { kernelCost } from './cycles/index.js'
import { planKernels } from './kernels.js'
import { residency } from './residency.js'
import { type DotProductTarget, loadTarget } from './target.js'

describe('SRAM between kernels', () => {
  test('a large activation goes to DRAM and back, one that fits is not seen there', () => {
    const model = buildModel((g) => {
      const x = g.input('x', 'float32', [1, 8, 64, 64])
      const filters = (out: number, into: number) =>
        g.constant(Tensor.float32(new Array(out * into).fill(0.1), [out, into, 1, 1]))
      const wide = g.op('Conv', [x, filters(32, 8)])
      g.output(g.op('Conv', [wide, filters(8, 32)]), 'y')
    })
    inferTypes(model)
    const engine = loadTarget('neural-engine') as DotProductTarget
    const small = { ...engine, memory: { ...engine.memory, sramBytes: 200_000 } }
    const dram = (target: DotProductTarget) => {
      const { kernels } = planKernels(model, target)
      const placements = residency(kernels, target)
      return kernels.map(({ shape }, i) => kernelCost(shape, target, placements[i]!).dramBytes)
    }
    // 32 x 4096 bytes are over half of 200,000; 8 x 4096 are not. Weights: 256 bytes each.
    expect(dram(engine)).toEqual([256, 256])
    expect(dram(small)).toEqual([256 + 131072, 256 + 131072])
  })
})

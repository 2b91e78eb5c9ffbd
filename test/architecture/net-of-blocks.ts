import { buildModel } from '../../src/ir/build.js'
import type { Model } from '../../src/ir/graph.js'
import { Tensor } from '../../src/ir/tensor.js'
import { type BottleneckOptions, bottleneck } from './bottleneck.js'

/** A model image [1, 3, 24, 24] -> y [1, 10]: a stem, blocks one after the other, global pooling and a classifier. */
export function netOfBlocks(blocks: readonly Partial<BottleneckOptions>[], stem = 8): Model {
  return buildModel(
    (g) => {
      const weights = (dims: readonly number[]) =>
        g.constant(
          Tensor.float32(
            Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.sin(i)),
            dims,
          ),
        )
      let channels = stem
      let value = g.op('Conv', [g.input('image', 'float32', [1, 3, 24, 24]), weights([stem, 3, 3, 3])], {
        pads: [1, 1, 1, 1],
      })
      blocks.forEach((block, seed) => {
        const out = block.residual ? channels : (block.out ?? channels)
        const middle = block.expand === false ? channels : (block.middle ?? 2 * channels)
        value = bottleneck(g, value, { ...block, in: channels, middle, out, stride: block.residual ? 1 : 2, seed })
        channels = out
      })
      const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [value])])
      g.output(g.op('Gemm', [pooled, weights([channels, 10])]), 'y')
    },
    { opset: 17 },
  )
}

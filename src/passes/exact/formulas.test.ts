import { describe, expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import type { GraphBuilder } from '../../ir/build.js'
import type { Value } from '../../ir/graph.js'
import { attr } from '../../ir/patch.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { recogniseSilu } from './recognise-gated.js'
import { recogniseGelu } from './recognise-gelu.js'
import { recogniseHardSigmoid, recogniseHardSwish } from './recognise-hard-swish.js'
import { recogniseLayerNormalization } from './recognise-layer-normalization.js'

const holder = useRuntime()

/** Seeded weights, fresh for every model built. */
function weights(seed: number) {
  const random = new SeededRandom(seed)
  const floats = (dims: number[], low = -1, high = 1) =>
    Tensor.float32(
      Array.from({ length: volume(dims) }, () => low + random.uniform() * (high - low)),
      dims,
    )
  return floats
}

describe('formulas become the operator they spell', () => {
  const c = (g: GraphBuilder, value: number) => g.constant(Tensor.float32([value], []))
  const shifted = (g: GraphBuilder, x: Value) => g.op('Clip', [g.op('Add', [x, c(g, 3)]), c(g, 0), c(g, 6)])
  const gate = (g: GraphBuilder, x: Value) => g.op('Add', [g.op('Erf', [g.op('Div', [x, c(g, Math.SQRT2)])]), c(g, 1)])
  const layer = (g: GraphBuilder, x: Value, axes: number[]) => {
    const d = g.op('Sub', [x, g.op('ReduceMean', [x], { axes: attr.ints(axes) })])
    const variance = g.op('ReduceMean', [g.op('Pow', [d, c(g, 2)])], { axes: attr.ints(axes) })
    return g.op('Div', [d, g.op('Sqrt', [g.op('Add', [variance, c(g, 1e-5)])])])
  }
  test.each<[string, (g: GraphBuilder, x: Value) => Value, number, string[]]>([
    ['HardSwish', (g, x) => g.op('Div', [g.op('Mul', [x, shifted(g, x)]), c(g, 6)]), 14, ['HardSwish']],
    [
      'HardSwish through HardSigmoid',
      (g, x) => g.op('Mul', [g.op('Div', [shifted(g, x), c(g, 6)]), x]),
      17,
      ['HardSwish'],
    ],
    [
      'HardSwish before opset 14',
      (g, x) => g.op('Mul', [g.op('Mul', [shifted(g, x), x]), c(g, 1 / 6)]),
      13,
      ['HardSigmoid', 'Mul'],
    ],
    ['HardSigmoid', (g, x) => g.op('Div', [shifted(g, x), c(g, 6)]), 11, ['HardSigmoid']],
    ['Gelu, half outside', (g, x) => g.op('Mul', [g.op('Mul', [x, gate(g, x)]), c(g, 0.5)]), 20, ['Gelu']],
    ['Gelu, half inside', (g, x) => g.op('Mul', [g.op('Mul', [x, c(g, 0.5)]), gate(g, x)]), 20, ['Gelu']],
    [
      'Gelu before opset 20 stays',
      (g, x) => g.op('Mul', [g.op('Mul', [x, gate(g, x)]), c(g, 0.5)]),
      17,
      ['Add', 'Div', 'Erf', 'Mul', 'Mul'],
    ],
    ['Swish', (g, x) => g.op('Mul', [x, g.op('Sigmoid', [x])]), 24, ['Swish']],
    [
      'LayerNormalization',
      (g, x) =>
        g.op('Add', [g.op('Mul', [layer(g, x, [-1]), g.constant(weights(1)([4]))]), g.constant(weights(2)([4]))]),
      17,
      ['LayerNormalization'],
    ],
    [
      'LayerNormalization without shift',
      (g, x) => g.op('Mul', [layer(g, x, [2]), g.constant(weights(1)([4]))]),
      17,
      ['LayerNormalization'],
    ],
    [
      'a scale of another shape stays',
      (g, x) => g.op('Mul', [layer(g, x, [-1]), g.constant(weights(1)([3, 1]))]),
      17,
      ['LayerNormalization', 'Mul'],
    ],
    [
      'normalising the middle axis stays',
      (g, x) => g.op('Mul', [layer(g, x, [1]), g.constant(weights(1)([4]))]),
      17,
      ['Add', 'Div', 'Mul', 'Pow', 'ReduceMean', 'ReduceMean', 'Sqrt', 'Sub'],
    ],
    [
      'clip at other bounds stays',
      (g, x) => g.op('Div', [g.op('Clip', [g.op('Add', [x, c(g, 3)]), c(g, 0), c(g, 5)]), c(g, 6)]),
      14,
      ['Add', 'Clip', 'Div'],
    ],
  ])('%s', async (_, make, opset, left) => {
    const passes = [recogniseHardSwish, recogniseHardSigmoid, recogniseGelu, recogniseSilu, recogniseLayerNormalization]
    const { ops } = await expectEquivalent(
      holder.runtime,
      (g) => g.output(make(g, g.input('x', 'float32', [2, 3, 4])), 'y'),
      { passes, opset },
    )
    expect([...ops].sort()).toEqual(left)
  })
})

import { describe, expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import type { GraphBuilder } from '../../ir/build.js'
import type { Value } from '../../ir/graph.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { dropZeroState } from './drop-zero-state.js'

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

describe('initial states of zeros', () => {
  const lstm = (state: (g: GraphBuilder, x: Value) => Value) => (g: GraphBuilder) => {
    const f = weights(13)
    const x = g.input('x', 'float32', ['t', 2, 3])
    const zero = state(g, x)
    g.output(
      g.op(
        'LSTM',
        [x, g.constant(f([1, 16, 3])), g.constant(f([1, 16, 4])), g.constant(f([1, 32])), undefined, zero, zero],
        { hidden_size: 4 },
      ),
      'y',
    )
  }
  test.each<[string, (g: GraphBuilder, x: Value) => Value, boolean]>([
    ['constant', (g) => g.constant(Tensor.float32(new Array(8).fill(0), [1, 2, 4])), true],
    [
      'of a computed shape',
      (g, x) => {
        const batch = g.op('Gather', [g.op('Shape', [x]), g.constant(Tensor.int64([1]))])
        return g.op('ConstantOfShape', [
          g.op('Concat', [g.constant(Tensor.int64([1])), batch, g.constant(Tensor.int64([4]))], { axis: 0 }),
        ])
      },
      true,
    ],
    ['that are not zeros', (g) => g.constant(Tensor.float32([0, 0, 0, 0, 0, 0, 0, 0.5], [1, 2, 4])), false],
  ])('%s', async (_, state, goes) => {
    const { ops, after } = await expectEquivalent(holder.runtime, lstm(state), {
      passes: [dropZeroState],
      symbols: new Map([['t', 5]]),
    })
    expect(after.graph.last!.inputs.length).toBe(goes ? 4 : 7)
    if (goes) expect(ops).toEqual(['LSTM'])
  })
})

import { describe, expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import type { GraphBuilder } from '../../ir/build.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { mergeLinearConvolutions } from './merge-linear-convolutions.js'

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

describe('two linear convolutions become one where the target wants it', () => {
  const build =
    (
      first: { k: number; group: number; bias: boolean; pad: number },
      second: { k: number; group: number; pad: number },
    ) =>
    (g: GraphBuilder) => {
      const f = weights(11)
      const x = g.input('x', 'float32', [1, 4, 6, 6])
      const a = [x, g.constant(f([4, 4 / first.group, first.k, first.k])), ...(first.bias ? [g.constant(f([4]))] : [])]
      const inner = g.op('Conv', a, { group: first.group, pads: [first.pad, first.pad, first.pad, first.pad] })
      const b = [inner, g.constant(f([6, 4 / second.group, second.k, second.k])), g.constant(f([6]))]
      g.output(
        g.op('Conv', b, {
          group: second.group,
          pads: [second.pad, second.pad, second.pad, second.pad],
          strides: [second.k > 1 ? 2 : 1, second.k > 1 ? 2 : 1],
        }),
        'y',
      )
    }
  test.each<[string, Parameters<typeof build>, boolean]>([
    [
      'depthwise with bias and padding, then 1x1',
      [
        { k: 3, group: 4, bias: true, pad: 1 },
        { k: 1, group: 1, pad: 0 },
      ],
      true,
    ],
    [
      'dense 3x3, then grouped 1x1',
      [
        { k: 3, group: 1, bias: true, pad: 0 },
        { k: 1, group: 2, pad: 0 },
      ],
      true,
    ],
    [
      '1x1 without bias, then padded 3x3 with stride',
      [
        { k: 1, group: 1, bias: false, pad: 0 },
        { k: 3, group: 1, pad: 1 },
      ],
      true,
    ],
    [
      '1x1 with bias, then unpadded 3x3',
      [
        { k: 1, group: 2, bias: true, pad: 0 },
        { k: 3, group: 2, pad: 0 },
      ],
      true,
    ],
    [
      '1x1 with bias, then padded 3x3: the border sees zeros',
      [
        { k: 1, group: 1, bias: true, pad: 0 },
        { k: 3, group: 1, pad: 1 },
      ],
      false,
    ],
    [
      'two 3x3',
      [
        { k: 3, group: 1, bias: false, pad: 0 },
        { k: 3, group: 1, pad: 0 },
      ],
      false,
    ],
  ])('%s', async (_, [first, second], merges) => {
    const { ops } = await expectEquivalent(holder.runtime, build(first, second), {
      passes: [mergeLinearConvolutions],
      isCheaper: () => true,
    })
    expect(ops).toHaveLength(merges ? 1 : 2)
  })

  test('not when the target does not gain', async () => {
    const make = build({ k: 3, group: 4, bias: true, pad: 1 }, { k: 1, group: 1, pad: 0 })
    expect(
      (await expectEquivalent(holder.runtime, make, { passes: [mergeLinearConvolutions], isCheaper: () => false }))
        .fired,
    ).toEqual([])
  })
})

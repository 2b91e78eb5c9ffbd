import { describe, expect, test } from 'vitest'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import type { Model } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { channelGroups } from './channel-groups.js'
import { align, depthMultiplier } from './widths.js'

/** Convolutions of the given widths in a row; the last one is the output. */
function chain(widths: readonly number[], group = 1): Model {
  const model = buildModel((g: GraphBuilder) => {
    let x = g.input('x', 'float32', [1, 4, 3, 3])
    let channels = 4
    for (const width of [...widths, 3]) {
      const groups = width === 3 ? 1 : group
      const dims = [width, channels / groups, 1, 1]
      x = g.op('Conv', [x, g.constant(Tensor.float32(new Array(volume(dims)).fill(1), dims))], { group: groups })
      channels = width
    }
    g.output(x, 'y')
  })
  inferTypes(model)
  return model
}

const sizes = (decisions: readonly { readonly size: number }[]) => decisions.map(({ size }) => size)

describe('widths', () => {
  test.each([
    // The widths of an inverted-bottleneck net, as its authors rounded them.
    [[16, 96, 28, 168, 42, 252, 68, 408], 0.75, 4, [12, 72, 20, 128, 32, 188, 52, 308]],
    [[16, 96, 28, 168, 42, 252, 68, 408], 0.75, 8, [72, 24, 128, 32, 192, 48, 304]],
    [[64, 64], 0.5, 32, [32, 32]],
    // Not less than 90 % of what was asked for.
    [[100], 0.7, 32, [64]],
    [[72], 0.5, 32, [64]],
    // Nothing is widened by a ratio of at most 1.
    [[24, 24], 0.99, 32, []],
    [[32, 32], 1.5, 32, [64, 64]],
  ])('%j times %d in multiples of %d', (widths, ratio, multipleOf, expected) => {
    expect(sizes(depthMultiplier(channelGroups(chain(widths)), ratio, { multipleOf }))).toEqual(expected)
  })

  test('the nearest of a list', () => {
    const groups = channelGroups(chain([64, 48]))
    expect(sizes(depthMultiplier(groups, 0.7, { sizes: [16, 32, 44, 96] }))).toEqual([44, 32])
  })

  test.each([
    ['up', [64, 32, 32]],
    ['down', [32]],
    ['nearest', [64, 32, 32]],
  ] as const)('aligned %s', (direction, expected) => {
    expect(sizes(align(channelGroups(chain([52, 32, 20, 30])), 32, direction))).toEqual(expected)
  })

  test('whole units of groups: a channel of each group', () => {
    const [group] = channelGroups(chain([12, 12], 4)).filter(({ pinned, granularity }) => !pinned && granularity > 1)
    expect(group).toMatchObject({ size: 12, units: 3, granularity: 4 })
    expect(sizes(align([group!], 6, 'up'))).toEqual([])
    expect(sizes(align([group!], 32, 'up'))).toEqual([32])
    expect(sizes(depthMultiplier([group!], 0.5, { multipleOf: 1 }))).toEqual([8])
  })
})

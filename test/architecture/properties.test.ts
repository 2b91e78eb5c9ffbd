import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildModel } from '../../src/ir/build.js'
import { inferTypes } from '../../src/ir/infer.js'
import type { ChannelGroup } from '../../src/passes/architecture/channel-groups.js'
import { SeededRandom } from '../../src/runtime/random.js'
import { useRuntime } from '../passes/equivalence.js'
import { exactGroups, expectPruneIsMask } from './prune-is-mask.js'
import { opsets, RandomGraph } from './random-graph.js'

/** How many random graphs; ONNX_TAILOR_RANDOM_GRAPHS=10000 takes some minutes. */
const runs = Number(process.env['ONNX_TAILOR_RANDOM_GRAPHS'] ?? 300)

const randomModel = (seed: number, steps: number, opset: number) => async () => {
  const model = buildModel((g) => new RandomGraph(g, seed, opset).build(steps), { opset })
  inferTypes(model)
  return model
}

/** Some groups, and some of their units. */
function someChoice(seed: number) {
  return (groups: readonly ChannelGroup[]): Map<ChannelGroup, Int32Array> => {
    const random = new SeededRandom(seed)
    const chosen = exactGroups(groups).filter(() => random.uniform() < 0.7)
    return new Map(
      chosen.map((group) => {
        const units = Array.from({ length: group.units }, (_, i) => i).filter(() => random.uniform() < 0.6)
        return [group, Int32Array.from(units.length > 0 ? units : [random.integer(0, group.units - 1)])]
      }),
    )
  }
}

const graphs = fc.record({
  seed: fc.nat(2 ** 30),
  steps: fc.integer({ min: 1, max: 14 }),
  opset: fc.constantFrom(...opsets),
})

const holder = useRuntime()

test(
  `cutting channels is masking them, on ${runs} random graphs`,
  async () => {
    let cut = 0
    await fc.assert(
      fc.asyncProperty(graphs, async ({ seed, steps, opset }) => {
        const names = await expectPruneIsMask(holder.runtime, randomModel(seed, steps, opset), someChoice(seed))
        cut += names.length
      }),
      { numRuns: runs, seed: 1 },
    )
    // Enough of them have something to cut.
    expect(cut).toBeGreaterThan(runs)
  },
  60 * 60_000,
)

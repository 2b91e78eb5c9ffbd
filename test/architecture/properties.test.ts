import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildModel } from '../../src/ir/build.js'
import { inferTypes } from '../../src/ir/infer.js'
import type { ChannelGroup } from '../../src/passes/architecture/channel-groups.js'
import type { UnitChange } from '../../src/passes/architecture/channel-surgery.js'
import { declineWidening, moreUnits } from '../../src/passes/architecture/widening.js'
import { freeGroups } from '../../src/passes/architecture/widths.js'
import { SeededRandom } from '../../src/runtime/random.js'
import { useRuntime } from '../passes/equivalence.js'
import { type Choice, expectPruneIsMask, expectSameFunction } from './prune-is-mask.js'
import { opsets, RandomGraph } from './random-graph.js'

/** How many random graphs; ONNX_TAILOR_RANDOM_GRAPHS=10000 takes some minutes. */
const runs = Number(process.env['ONNX_TAILOR_RANDOM_GRAPHS'] ?? 300)

const randomModel = (seed: number, steps: number, opset: number) => async () => {
  const model = buildModel((g) => new RandomGraph(g, seed, opset).build(steps), { opset })
  inferTypes(model)
  return model
}

/** Some groups, and some of their units. */
function narrowed(seed: number): Choice {
  return (groups) => {
    const random = new SeededRandom(seed)
    const chosen = freeGroups(groups).filter(() => random.uniform() < 0.7)
    return new Map(
      chosen.map((group) => {
        const units = Array.from({ length: group.units }, (_, i) => i).filter(() => random.uniform() < 0.6)
        return [group, { units: Int32Array.from(units.length > 0 ? units : [random.integer(0, group.units - 1)]) }]
      }),
    )
  }
}

/** Some groups with more units, by zeros or split, where that is possible. */
function widened(seed: number): Choice {
  return (groups) => {
    const random = new SeededRandom(seed)
    const changes = new Map<ChannelGroup, UnitChange>()
    for (const group of freeGroups(groups)) {
      const widening = random.uniform() < 0.5 ? 'zeros' : 'split'
      const units = group.units + random.integer(1, 2 * group.units)
      if (declineWidening(group, widening) === undefined && random.uniform() < 0.7)
        changes.set(group, moreUnits(group.units, units, widening))
    }
    return changes
  }
}

const graphs = fc.record({
  seed: fc.nat(2 ** 30),
  steps: fc.integer({ min: 1, max: 14 }),
  opset: fc.constantFrom(...opsets),
})

const holder = useRuntime()

test.each([
  ['cutting channels is masking them', narrowed, expectPruneIsMask],
  ['a widened graph computes what it did', widened, expectSameFunction],
])(
  `%s, on ${runs} random graphs`,
  async (_, choose, expectIt) => {
    let changed = 0
    await fc.assert(
      fc.asyncProperty(graphs, async ({ seed, steps, opset }) => {
        changed += (await expectIt(holder.runtime, randomModel(seed, steps, opset), choose(seed))).length
      }),
      { numRuns: runs, seed: 1 },
    )
    // Most of them have something to change.
    expect(changed).toBeGreaterThan(runs)
  },
  60 * 60_000,
)

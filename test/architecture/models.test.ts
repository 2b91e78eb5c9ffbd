import { expect, test } from 'vitest'
import { readModel } from '../../src/import/read-model.js'
import type { ChannelGroup } from '../../src/passes/architecture/channel-groups.js'
import { freeGroups } from '../../src/passes/architecture/widths.js'
import { SeededRandom } from '../../src/runtime/random.js'
import { isFailure, type Runtime } from '../../src/runtime/session.js'
import { optimize } from '../../src/zoo/optimize.js'
import { useRuntime } from '../passes/equivalence.js'
import { describeWithShared } from '../shared-assets.js'
import { type Choice, expectPruneIsMask } from './prune-is-mask.js'

/** About half of the units of a group, at least one, never all. */
function someUnits({ units }: ChannelGroup, random: SeededRandom): Int32Array {
  const left = Int32Array.from({ length: units }, (_, i) => i).filter(() => random.uniform() < 0.6)
  if (left.length === 0) return Int32Array.of(random.integer(0, units - 1))
  return left.length === units ? left.slice(1) : left
}

/** ONNX_TAILOR_EVERY_GROUP=1 cuts every group by itself as well, which takes minutes. */
const isThorough = process.env['ONNX_TAILOR_EVERY_GROUP'] !== undefined

/** Whether onnxruntime does not take the original: custom operators, locales that are not there. */
async function refusedByRuntime(runtime: Runtime, path: string): Promise<boolean> {
  const session = await runtime.load({ path })
  if (!isFailure(session)) await runtime.release(session)
  return isFailure(session)
}

describeWithShared('cutting channels of real models is masking them', (assets) => {
  const holder = useRuntime()
  test.each([...assets.models(), ...assets.trained()].map(({ name, path }) => [name, path]))(
    '%s',
    async (_, path) => {
      const fresh = async () => {
        const model = await readModel(path)
        await optimize(model)
        return model
      }
      if (await refusedByRuntime(holder.runtime, path)) return
      const all: Choice = (groups) => {
        const random = new SeededRandom(7)
        return new Map(freeGroups(groups).map((group) => [group, { units: someUnits(group, random) }]))
      }
      const names = await expectPruneIsMask(holder.runtime, fresh, all)
      if (names.length === 0) return
      const single = isThorough ? names : [names[Math.floor(names.length / 2)]!]
      for (const name of single) {
        const one: Choice = (groups) => {
          const group = groups.find((each) => each.name === name)!
          return new Map([[group, { units: someUnits(group, new SeededRandom(3)) }]])
        }
        expect(await expectPruneIsMask(holder.runtime, fresh, one)).toEqual([name])
      }
    },
    300_000,
  )
})

import { describe, expect, test } from 'vitest'
import { readModel } from '../../src/import/read-model.js'
import type { Model } from '../../src/ir/graph.js'
import { inferTypes } from '../../src/ir/infer.js'
import type { ChannelGroup } from '../../src/passes/architecture/channel-groups.js'
import type { UnitChange } from '../../src/passes/architecture/channel-surgery.js'
import { isDeclined } from '../../src/passes/architecture/declined.js'
import { planWidth } from '../../src/passes/architecture/set-width.js'
import { align, freeGroups } from '../../src/passes/architecture/widths.js'
import { SeededRandom } from '../../src/runtime/random.js'
import { isFailure, type Runtime } from '../../src/runtime/session.js'
import { optimize } from '../../src/zoo/optimize.js'
import { useRuntime } from '../passes/equivalence.js'
import { describeWithShared } from '../shared-assets.js'
import { type Choice, expectPruneIsMask, expectSameFunction } from './prune-is-mask.js'

/** ONNX_TAILOR_EVERY_GROUP=1 cuts every group by itself as well, which takes minutes. */
const isThorough = process.env['ONNX_TAILOR_EVERY_GROUP'] !== undefined

/** More than half of the units of a group, at least one, never all. */
function someUnits({ units }: ChannelGroup, random: SeededRandom): UnitChange {
  const left = Int32Array.from({ length: units }, (_, i) => i).filter(() => random.uniform() < 0.6)
  if (left.length === 0) return { units: Int32Array.of(random.integer(0, units - 1)) }
  return { units: left.length === units ? left.slice(1) : left }
}

/** Every free group at once. */
const allNarrowed: Choice = (groups) => {
  const random = new SeededRandom(7)
  return new Map(freeGroups(groups).map((group) => [group, someUnits(group, random)]))
}

const oneNarrowed =
  (name: string): Choice =>
  (groups) => {
    const group = groups.find((each) => each.name === name)!
    return new Map([[group, someUnits(group, new SeededRandom(3))]])
  }

/** To the next multiple of 16, every group that can be widened. */
const widened: Choice = (groups) => {
  const changes = new Map<ChannelGroup, UnitChange>()
  for (const { group: name, size } of align(groups, 16, 'up')) {
    const group = groups.find((each) => each.name === name)!
    const change = planWidth(group, size, {})
    if (!isDeclined(change)) changes.set(group, change)
  }
  return changes
}

/** Whether onnxruntime does not take the original: custom operators, locales that are not there. */
async function isRefused(runtime: Runtime, path: string): Promise<boolean> {
  const session = await runtime.load({ path })
  if (!isFailure(session)) await runtime.release(session)
  return isFailure(session)
}

/** Nets without a group that can be cut exactly (a wake word's are all normalised); another one that loses its groups is a defect. */
const uncut =
  /conv3d_groups|dtln|hey_jarvis|lgbm|nms_yolov8|qlstm|sequence_ops|silero|string_normalizer|svc_har|post_ext/

describeWithShared('real models', (assets) => {
  const holder = useRuntime()
  describe.each([...assets.models(), ...assets.trained()].map(({ name, path }) => [name, path]))('%s', (file, path) => {
    const cleaned = async (): Promise<Model> => {
      const model = await readModel(path)
      await optimize(model)
      return model
    }
    const untouched = async (): Promise<Model> => {
      const model = await readModel(path)
      inferTypes(model)
      return model
    }

    test('cutting is masking', async () => {
      if (await isRefused(holder.runtime, path)) return
      const names = await expectPruneIsMask(holder.runtime, cleaned, allNarrowed)
      expect(names.length > 0).toBe(!uncut.test(file))
      const single = isThorough ? names : names.slice(names.length / 2, names.length / 2 + 1)
      for (const name of single) await expectPruneIsMask(holder.runtime, cleaned, oneNarrowed(name))
    }, 300_000)

    test('cutting is masking before the exact passes, too', async () => {
      if (!(await isRefused(holder.runtime, path))) await expectPruneIsMask(holder.runtime, untouched, allNarrowed)
    })

    test('widths for 16 lanes leave the function alone', async () => {
      if (!(await isRefused(holder.runtime, path))) await expectSameFunction(holder.runtime, cleaned, widened)
    })
  })
})

import { afterAll, describe, expect, test } from 'vitest'
import { describeWithShared } from '../../../test/shared-assets.js'
import { loadTarget } from '../../hw/target.js'
import { readModel } from '../../import/read-model.js'
import { Runtime } from '../../runtime/session.js'
import { cleanUp } from '../clean-up.js'
import { openSpace } from '../open-space.js'
import type { Choice } from '../space/choice.js'
import { ObservedOriginal } from './observed-original.js'
import { randomInputLosses } from './random-input-losses.js'

const runtime = new Runtime()
afterAll(() => runtime.close())

async function netOf(file: string) {
  const model = await readModel(file)
  await cleanUp(model, { model, keepOverridable: false, foldBudgetBytes: 0 })
  return model
}

const fixture = await netOf(new URL('../../../fixtures/shapes/shapes_ibn.onnx', import.meta.url).pathname)
const setting = { runtime, seed: 1, sizes: { batch: 8, symbols: new Map<string, number>() } }

const alternativeOf = (choice: Choice, option: number) =>
  choice.kind === 'block' ? choice.decisions[option]?.alternative : undefined

describe('losses on random inputs', () => {
  test('are those of every form of a block: none where nothing changes, more for what drops more', async () => {
    const options = { parts: ['blocks'], widths: { kind: 'lanes', step: 32 } } as const
    const { space } = await openSpace(fixture, loadTarget('neural-engine'), options)
    let measured = 0
    const losses = await randomInputLosses(fixture, space, {
      seed: 1,
      symbols: new Map(),
      onMeasured: (done) => (measured = done),
    })
    expect(losses.source).toBe('proxy')
    expect(losses.note).toContain('tensorflow')
    expect(measured).toBe(space.optionCounts.reduce((sum, count) => sum + count - 1, 0))
    space.choices.forEach((choice, i) => {
      const of = (alternative: string | undefined) => {
        const option =
          space.choices[i]!.kind === 'block'
            ? losses.of[i]!.findIndex((_, o) => alternativeOf(choice, o) === alternative)
            : -1
        return losses.of[i]![option]
      }
      expect(of(undefined)).toBe(0)
      expect(of('standard')).toBeLessThan(1e-5)
      expect(of('fused')).toBeGreaterThan(0.02)
      expect(of('merged')).toBeGreaterThan(of('fused')!)
      expect(of('merged')).toBeLessThanOrEqual(1.001)
    })
  })

  test('of a group rise as it gets narrower, and are the same for the same seed', async () => {
    const observed = await ObservedOriginal.open(fixture, setting)
    const group = '/5/body/body.2/body.2.0/Conv_output_0'
    const lossOf = (size: number) => observed.lossOf({ kind: 'width', group, size })
    const losses = [await lossOf(54), await lossOf(42), await lossOf(26), await lossOf(16)]
    expect(losses).toEqual([...losses].sort((a, b) => a - b))
    expect(losses[0]).toBeGreaterThan(0.01)
    expect(await (await ObservedOriginal.open(fixture, setting)).lossOf({ kind: 'width', group, size: 42 })).toBe(
      losses[1],
    )
    expect(await observed.lossOf({ kind: 'block', block: 99, alternative: 'fused' })).toBe(Number.POSITIVE_INFINITY)
  })
})

describeWithShared('images are scaled as the model was trained', ({ file }) => {
  test.each([
    ['trained', 'cifar_ibn', 'none'],
    ['trained', 'person_det', 'none'],
  ] as const)('%s/%s: %s', async (folder, name, preset) => {
    const observed = await ObservedOriginal.open(await netOf(file(folder, `${name}.onnx`)), setting)
    expect(observed.preset).toBe(preset)
  })
})

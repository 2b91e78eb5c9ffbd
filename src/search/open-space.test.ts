import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BottleneckOptions } from '../../test/architecture/bottleneck.js'
import { netOfBlocks } from '../../test/architecture/net-of-blocks.js'
import { describeWithShared } from '../../test/shared-assets.js'
import { estimate } from '../estimator/estimate.js'
import type { Candidate } from '../estimator/memo-table.js'
import { loadTarget } from '../hw/target.js'
import { readModel } from '../import/read-model.js'
import type { Model } from '../ir/graph.js'
import { applyRecipe } from '../passes/architecture/recipe.js'
import { SeededRandom } from '../runtime/random.js'
import { cleanUp } from './clean-up.js'
import { type OpenedSpace, openSpace, type SpaceOptions, spaceParts } from './open-space.js'
import { recipeOf } from './space/candidate-recipe.js'

const everything = (step: number): SpaceOptions => ({ parts: spaceParts, widths: { kind: 'lanes', step } })

/** A candidate as the table scores it is what the model with its recipe applied is estimated at. */
function expectAgreement(model: Model, targetName: string, { space, table }: OpenedSpace, candidate: Candidate): void {
  const score = table.score(candidate)
  const recipe = recipeOf(space, candidate)
  const metrics = estimate(applyRecipe(model, recipe).model, loadTarget(targetName))
  const told = JSON.stringify(recipe.decisions)
  expect(score.latencyMs / metrics.latencyMs, told).toBeCloseTo(1, 9)
  expect(score.energyMj / metrics.energyMj, told).toBeCloseTo(1, 9)
  expect(score.weightBytes, told).toBe(metrics.weightBytes)
  expect(score.peakBytes, told).toBe(metrics.peakActivationBytes)
}

async function expectAgreements(model: Model, targetName: string, options: SpaceOptions, count: number): Promise<void> {
  const opened = await openSpace(model, loadTarget(targetName), options)
  const { space } = opened
  const random = new SeededRandom(7)
  expectAgreement(model, targetName, opened, space.original)
  for (let i = 0; i < count; i++) {
    let candidate = space.random(random)
    if (i % 2 === 1) {
      const choice = random.integer(0, candidate.length - 1)
      candidate = space.with(space.original, choice, candidate[choice]!)
    }
    expectAgreement(model, targetName, opened, candidate)
  }
}

const fixture = async (): Promise<Model> => {
  const model = await readModel(new URL('../../fixtures/shapes/shapes_ibn.onnx', import.meta.url).pathname)
  await cleanUp(model, { model, keepOverridable: false, foldBudgetBytes: 0 })
  return model
}

describe('scores of a space', () => {
  test.each(['neural-engine', 'systolic-32x32-ws', 'v100-tensorrt', 'cpu'])(
    'agree with the built fixture on %s',
    async (target) => {
      await expectAgreements(await fixture(), target, everything(8), 4)
    },
  )

  test('agree under raw widths', async () => {
    const raw: SpaceOptions = { parts: ['widths', 'blocks'], widths: { kind: 'raw', increment: 1 } }
    await expectAgreements(await fixture(), 'neural-engine', raw, 6)
  })

  test('agree for nets of any blocks', async () => {
    const block = fc.record({
      middle: fc.constantFrom(undefined, 24, 48, 64),
      out: fc.constantFrom(8, 16, 24),
      kernel: fc.constantFrom(3, 5),
      activation: fc.constantFrom('none', 'Relu', 'Relu6', 'HardSwish', 'Silu written out', 'PRelu'),
      residual: fc.boolean(),
      expand: fc.boolean(),
      squeezeExcite: fc.constantFrom(undefined, 'before activation', 'after activation'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(4, 8),
        fc.constantFrom('neural-engine', 'cpu'),
        async (blocks, step, target) => {
          const plain = blocks.map(({ expand, middle, kernel, squeezeExcite, ...rest }) => ({
            ...rest,
            expand,
            kernel,
            pad: (kernel - 1) / 2,
            ...(squeezeExcite !== undefined && { squeezeExcite }),
            ...(expand && middle !== undefined && { middle }),
          }))
          await expectAgreements(netOfBlocks(plain as Partial<BottleneckOptions>[]), target, everything(step), 4)
        },
      ),
      { numRuns: 12, seed: 3 },
    )
  })

  describeWithShared('of public models', ({ file }) => {
    test.each([
      ['models', 'mobilenetv2_1.0_224', 3],
      ['models', 'yunet_120x160', 4],
      ['trained', 'person_det', 6],
      ['trained', 'cifar_dw', 6],
    ] as const)('agree: %s/%s', async (folder, name, count) => {
      const model = await readModel(file(folder, `${name}.onnx`))
      await cleanUp(model, { model, keepOverridable: false, foldBudgetBytes: 0 })
      await expectAgreements(model, 'neural-engine', everything(32), count)
    })
  })
})

describe('a space', () => {
  test('has every block of the fixture in every form, and widths by lanes', async () => {
    const { space } = await openSpace(await fixture(), loadTarget('neural-engine'), everything(32))
    const blocks = space.choices.flatMap((choice) => (choice.kind === 'block' ? [choice] : []))
    expect(blocks.length).toBe(7)
    expect(blocks[1]!.decisions.map((decision) => decision?.alternative)).toEqual([
      undefined,
      'fused',
      'grouped',
      'merged',
      'skip',
      'standard',
      'joined',
    ])
    for (const choice of space.choices) {
      if (choice.kind !== 'width') continue
      const { sizes, keep } = choice
      expect(sizes.every((size, i) => i === keep || size % 32 === 0)).toBe(true)
      expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
    }
  })

  test('is curated by what the target takes: sizes at steps of its latency', async () => {
    const { space, table } = await openSpace(await fixture(), loadTarget('neural-engine'), {
      parts: ['widths'],
      widths: { kind: 'curated', levels: 6 },
    })
    const { original } = space
    space.choices.forEach((choice, i) => {
      if (choice.kind !== 'width') return
      expect(choice.sizes.length).toBeLessThanOrEqual(8)
      const latencies = choice.sizes.map((_, option) => table.score(space.with(original, i, option)).latencyMs)
      // Wider ones only where that is free.
      latencies.forEach((latencyMs, option) => {
        if (option > choice.keep) expect(latencyMs).toBeCloseTo(latencies[choice.keep]!, 9)
      })
    })
  })

  test('of blocks alone changes no width', async () => {
    const { space } = await openSpace(await fixture(), loadTarget('neural-engine'), {
      ...everything(32),
      parts: ['blocks'],
    })
    expect(space.choices.every(({ kind }) => kind === 'block')).toBe(true)
  })

  test('does not touch the model', async () => {
    const model = await fixture()
    const before = model.nodeCount
    const metrics = estimate(model, loadTarget('neural-engine'))
    await openSpace(model, loadTarget('neural-engine'), everything(8))
    expect(model.nodeCount).toBe(before)
    expect(estimate(model, loadTarget('neural-engine'))).toEqual(metrics)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BottleneckOptions } from '../../test/architecture/bottleneck.js'
import { netOfBlocks } from '../../test/architecture/net-of-blocks.js'
import { describeWithShared } from '../../test/shared-assets.js'
import { estimate } from '../estimator/estimate.js'
import type { Candidate } from '../estimator/memo-table.js'
import { loadTarget } from '../hw/target.js'
import { readModel } from '../import/read-model.js'
import { buildModel } from '../ir/build.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { applyRecipe } from '../passes/architecture/recipe.js'
import { SeededRandom } from '../runtime/random.js'
import { cleanUp } from './clean-up.js'
import { type OpenedSpace, openSpace, type SpaceOptions, spaceParts } from './open-space.js'
import { recipeOf } from './space/candidate-recipe.js'
import { imageSize } from './space/image-sizes.js'

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

/** Heights of the image that may be chosen besides the present one. */
const resolutionsOf = ({ space }: OpenedSpace): number[] =>
  space.choices.flatMap((choice) =>
    choice.kind === 'resolution' ? choice.decisions.flatMap((decision) => decision?.height ?? []) : [],
  )

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

  test('agree where what a kernel reads is another view of what was made', async () => {
    const model = buildModel((g) => {
      const weights = (...dims: number[]) =>
        g.constant(
          Tensor.float32(
            Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.sin(i)),
            dims,
          ),
        )
      const image = g.op('Reshape', [g.input('x', 'float32', [1, 768]), g.constant(Tensor.int64([1, 3, 16, 16]))])
      const features = g.op('Conv', [image, weights(24, 3, 3, 3)], { pads: [1, 1, 1, 1] })
      g.output(g.op('Conv', [g.op('Relu', [features]), weights(8, 24, 1, 1)]), 'y')
    })
    inferTypes(model)
    for (const target of ['neural-engine', 'cpu']) await expectAgreements(model, target, everything(8), 4)
  })

  test('agree under raw widths', async () => {
    const raw: SpaceOptions = { parts: ['widths', 'blocks'], widths: { kind: 'raw', increment: 1 } }
    await expectAgreements(await fixture(), 'neural-engine', raw, 6)
  })

  test.each(['neural-engine', 'cpu'])('agree at every resolution, whatever else is decided, on %s', async (target) => {
    const model = await fixture()
    const opened = await openSpace(model, loadTarget(target), everything(16))
    const { space } = opened
    const at = space.choices.findIndex(({ kind }) => kind === 'resolution')
    const random = new SeededRandom(11)
    for (let option = 1; option < space.optionCounts[at]!; option++) {
      expectAgreement(model, target, opened, space.with(space.original, at, option))
      expectAgreement(model, target, opened, space.with(space.random(random), at, option))
    }
    const [height] = imageSize(model.graph.inputs[0]!)!
    const sizes = resolutionsOf(opened)
    expect(sizes.length).toBeGreaterThan(1)
    expect(sizes).toEqual(sizes.filter((size) => size < height && size >= height / 2).toSorted((a, b) => b - a))
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
    // Forms of every block at every size of so large a net take minutes.
    test.each([
      ['models', 'mobilenetv2_1.0_224', ['widths', 'blocks', 'convolutions'], 3],
      ['models', 'mobilenetv2_1.0_224', ['widths', 'resolution'], 3],
      ['models', 'yunet_120x160', spaceParts, 4],
      ['trained', 'person_det', spaceParts, 6],
      ['trained', 'cifar_dw', spaceParts, 6],
    ] as const)('agree: %s/%s, %j', async (folder, name, parts, count) => {
      const model = await readModel(file(folder, `${name}.onnx`))
      await cleanUp(model, { model, keepOverridable: false, foldBudgetBytes: 0 })
      await expectAgreements(model, 'neural-engine', { ...everything(32), parts }, count)
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

  test('has sizes of the image at steps of latency, if asked for', async () => {
    const options: SpaceOptions = { parts: ['resolution'], widths: { kind: 'curated', levels: 8 } }
    const opened = await openSpace(await fixture(), loadTarget('neural-engine'), options)
    const { space, table } = opened
    expect(space.choices.map(({ kind }) => kind)).toEqual(['resolution'])
    const latencies = [0, ...resolutionsOf(opened)].map((_, option) => table.score(Uint8Array.of(option)).latencyMs)
    expect(latencies).toEqual(latencies.toSorted((a, b) => b - a))
    const without = await openSpace(await fixture(), loadTarget('neural-engine'), { ...options, parts: ['blocks'] })
    expect(resolutionsOf(without)).toEqual([])
  })

  test('offers no size of the image with which an output would change', async () => {
    const map = buildModel((g) => {
      const weights = g.constant(Tensor.float32(new Array(8 * 3 * 9).fill(0.1), [8, 3, 3, 3]))
      g.output(g.op('Conv', [g.input('x', 'float32', [1, 3, 32, 32]), weights], { pads: [1, 1, 1, 1] }), 'y')
    })
    inferTypes(map)
    const opened = await openSpace(map, loadTarget('neural-engine'), everything(8))
    expect(resolutionsOf(opened)).toEqual([])
    const reasons = opened.declined
      .filter(({ decision }) => decision.kind === 'resolution')
      .map(({ why }) => why.reason)
    expect(new Set(reasons)).toEqual(new Set(['output-follows-image']))
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

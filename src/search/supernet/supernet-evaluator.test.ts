import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { bottleneck } from '../../../test/architecture/bottleneck.js'
import { dataSetOf, waves } from '../../../test/tune/samples.js'
import { loadTarget } from '../../hw/target.js'
import { buildModel } from '../../ir/build.js'
import type { Model } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { SeededRandom } from '../../runtime/random.js'
import { efforts } from '../../tune/effort.js'
import { FidelityCache } from '../../tune/fidelity-cache.js'
import { FidelityTable, type FidelityTableSpec } from '../../tune/fidelity-table.js'
import { loadTuner } from '../../tune/tuners.js'
import { WeightStore } from '../../tune/weight-store.js'
import { FidelityEvaluator } from '../evaluator.js'
import { type OpenedSpace, openSpace } from '../open-space.js'
import { recipeOf } from '../space/candidate-recipe.js'
import { SingleRecipes } from './single-recipes.js'
import { SupernetEvaluator } from './supernet-evaluator.js'

const random = new SeededRandom(4)
const samples = (count: number) => dataSetOf(Array.from({ length: count }, () => ({ x: waves(random, [8, 9, 9]) })))
const [calibration, heldOut] = [samples(30), samples(10)]

let original: Model
let opened: OpenedSpace

/** Two inverted bottlenecks, one behind the other. */
beforeAll(async () => {
  original = buildModel(
    (g) => {
      const block = { in: 8, middle: 32, out: 8, residual: true, activation: 'Relu6' } as const
      const first = bottleneck(g, g.input('x', 'float32', ['n', 8, 9, 9]), { ...block, seed: 1 })
      g.output(bottleneck(g, first, { ...block, seed: 2 }), 'y')
    },
    { opset: 17 },
  )
  inferTypes(original)
  opened = await openSpace(original, loadTarget('neural-engine'), {
    parts: ['widths', 'blocks'],
    widths: { kind: 'lanes', step: 16 },
  })
})

async function evaluators(folder: string, reads = true) {
  const singles = new SingleRecipes(opened.space)
  const store = new WeightStore(folder, reads)
  const table = async (changes: Partial<FidelityTableSpec>) =>
    new FidelityTable({
      teacher: original,
      calibration,
      heldOut,
      metric: undefined,
      tuner: await loadTuner('closed-form'),
      effort: efforts.brief,
      cache: new FidelityCache(folder, reads),
      key: 'two blocks',
      options: {},
      ...changes,
    })
  const brief = await table({ keeps: { store, isKept: singles.has.bind(singles) } })
  // Without statistics: nothing but what is inherited.
  const asInherited = await table({ tuner: undefined, effort: undefined })
  return {
    brief: new FidelityEvaluator(original, brief),
    supernet: new SupernetEvaluator({ original, table: asInherited, fitted: brief, singles, context: {} }),
    asAlgebra: new FidelityEvaluator(original, await table({ tuner: undefined, key: 'algebra' })),
  }
}

const fusedIn = (...blocks: readonly number[]) => {
  const { space } = opened
  const choices = space.choices.flatMap((choice, i) => (choice.kind === 'block' ? [i] : []))
  return blocks.reduce((candidate, block) => {
    const choice = choices[block]!
    const of = space.choices[choice]!
    const option = of.kind === 'block' ? of.decisions.findIndex((each) => each?.alternative === 'fused') : -1
    return space.with(candidate, choice, option)
  }, space.original)
}

async function cosine(evaluator: Pick<FidelityEvaluator, 'evaluate'>, candidate: ReturnType<typeof fusedIn>) {
  const found = await evaluator.evaluate(recipeOf(opened.space, candidate))
  return 'fidelity' in found ? found.fidelity.cosine : found
}

test('a block has the weights that were fitted when it was built alone, whatever else is changed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'supernet-'))
  const { brief, supernet, asAlgebra } = await evaluators(folder)
  const [first, second, both] = [fusedIn(0), fusedIn(1), fusedIn(0, 1)]
  const alone = [await cosine(brief, first), await cosine(brief, second)]
  expect(await cosine(supernet, first)).toBeCloseTo(alone[0] as number, 9)
  expect(await cosine(supernet, second)).toBeCloseTo(alone[1] as number, 9)
  const [inherited, algebra] = [await cosine(supernet, both), await cosine(asAlgebra, both)] as [number, number]
  expect(1 - inherited).toBeLessThan(0.5 * (1 - algebra))

  // Cut to a narrower middle: still what was fitted.
  const width = opened.space.choices.findIndex(({ kind }) => kind === 'width')
  const narrow = opened.space.with(both, width, opened.space.openOptions[width]![0]!)
  const [cut, plain] = [await cosine(supernet, narrow), await cosine(asAlgebra, narrow)] as [number, number]
  expect(1 - cut).toBeLessThan(1 - plain)
})

test('weights are kept of what is built alone, and found again by the next run; without them it is built once more', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'supernet-'))
  const begun = await evaluators(folder)
  for (const candidate of [fusedIn(0), fusedIn(1), fusedIn(0, 1)]) await cosine(begun.brief, candidate)
  const files = () => readdirSync(join(folder, 'weights'))
  expect(files()).toHaveLength(2)
  const expected = await cosine(begun.supernet, fusedIn(0, 1))
  const resumed = await evaluators(folder)
  await cosine(resumed.brief, fusedIn(0))
  expect(await cosine(resumed.supernet, fusedIn(0, 1))).toBe(expected)
  rmSync(join(folder, 'weights'), { recursive: true })
  await cosine(resumed.brief, fusedIn(0))
  expect(files()).toHaveLength(1)
})

test('an option that was not built alone has the weights of algebra; what is impossible is declined', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'supernet-'))
  const { supernet, asAlgebra } = await evaluators(folder)
  expect(await cosine(supernet, fusedIn(0))).toBe(await cosine(asAlgebra, fusedIn(0)))
  const impossible = { recipeVersion: 1, decisions: [{ kind: 'block', block: 7, alternative: 'fused' }] } as const
  expect(await supernet.evaluate(impossible)).toMatchObject({ declined: true, reason: 'unknown-block' })
})

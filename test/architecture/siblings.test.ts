import { expect, test } from 'vitest'
import { readModel } from '../../src/import/read-model.js'
import type { Model } from '../../src/ir/graph.js'
import { channelGroups } from '../../src/passes/architecture/channel-groups.js'
import type { Recipe } from '../../src/passes/architecture/decision.js'
import { findBlocks } from '../../src/passes/architecture/find-blocks.js'
import { rememberNames } from '../../src/passes/architecture/former-names.js'
import { applyRecipe } from '../../src/passes/architecture/recipe.js'
import { compareTensors, roundingTolerance } from '../../src/runtime/compare.js'
import { cleanUp } from '../../src/search/clean-up.js'
import { useRuntime } from '../passes/equivalence.js'
import { describeWithShared } from '../shared-assets.js'
import { firstRun, run } from './run-model.js'

const cleaned = async (file: string): Promise<Model> => {
  const model = await readModel(file)
  await cleanUp(model, { model, keepOverridable: false, foldBudgetBytes: 96 * 1024 })
  return model
}

describeWithShared('a recipe on siblings', (assets) => {
  const holder = useRuntime()

  /** Two fusions and a width, by what the places are made of. */
  const recipeOf = (model: Model): Recipe => {
    const [first, second] = findBlocks(model)
    const group = channelGroups(model).find(({ name }) => name === findBlocks(model)[4]!.expand!.output.name)
    return {
      recipeVersion: 1,
      decisions: [
        { kind: 'block', signature: first!.signature, alternative: 'fused' },
        { kind: 'block', signature: second!.signature, alternative: 'fused' },
        { kind: 'width', signature: group!.signature, size: 96 },
      ],
    }
  }

  test('of one net, with BatchNormalization folded and not: the same result', async () => {
    const [net, raw] = [
      await cleaned(assets.file('trained/cifar_ibn.onnx')),
      await cleaned(assets.file('trained/cifar_ibn.raw.onnx')),
    ]
    const recipe = recipeOf(net)
    const [one, other] = [applyRecipe(net, recipe), applyRecipe(raw, recipe)]
    expect(other.decisions.map(({ from, to }) => [from, to])).toEqual(one.decisions.map(({ from, to }) => [from, to]))
    expect(other.decisions.map(({ place }) => place)).toEqual(one.decisions.map(({ place }) => place))
    const { feeds, results } = await firstRun(holder.runtime, one.model)
    const answer = await run(holder.runtime, other.model, feeds)
    for (const [name, expected] of results)
      expect(compareTensors(name, expected, answer.get(name), roundingTolerance)).toMatchObject({ agrees: true })
  })

  test('of another net: places of the same make, and the result runs', async () => {
    const recipe = recipeOf(await cleaned(assets.file('trained/cifar_ibn.onnx')))
    const sibling = await cleaned(assets.file('trained/shapes/shapes_ibn.onnx'))
    const { model, decisions } = applyRecipe(sibling, recipe)
    expect(decisions.map(({ place }) => place.replace(/ ".*/, ''))).toEqual(['block 0', 'block 2', '216 channels of'])
    const { results } = await firstRun(holder.runtime, model)
    expect([...results.keys()]).toEqual(['logits'])
  })

  test('a name that the exact passes fold away is followed to what does its work', async () => {
    const model = await readModel(assets.file('trained/cifar_ibn.raw.onnx'))
    const normalization = [...model.graph.nodes()].filter((node) => node.is('BatchNormalization'))[1]!
    const name = normalization.outputs[0]!.name
    const former = rememberNames(model)
    await cleanUp(model, { model, keepOverridable: false, foldBudgetBytes: 96 * 1024 })
    expect([...model.graph.nodes()].some((node) => node.outputs.some((output) => output?.name === name))).toBe(false)
    const recipe: Recipe = { recipeVersion: 1, decisions: [{ kind: 'width', group: name, size: 48 }] }
    expect(() => applyRecipe(model, recipe)).toThrow(/unknown-group/)
    expect(applyRecipe(model, recipe, { former }).decisions[0]).toMatchObject({ from: '96', to: '48' })
  })
})

import { beforeAll, describe, expect, test } from 'vitest'
import type { BottleneckOptions } from '../../../test/architecture/bottleneck.js'
import { netOfBlocks } from '../../../test/architecture/net-of-blocks.js'
import { loadTarget } from '../../hw/target.js'
import type { Model } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import type { Decision, Recipe } from '../../passes/architecture/decision.js'
import { originOf } from '../../passes/architecture/origin.js'
import { SeededRandom } from '../../runtime/random.js'
import { startingPoints } from '../evolution.js'
import { weightProxy } from '../fidelity/weight-proxy.js'
import { type OpenedSpace, openSpace } from '../open-space.js'
import { search } from '../search.js'
import { decisionsOf, recipeOf } from '../space/candidate-recipe.js'
import type { Choice } from '../space/choice.js'
import { keyOf, Space } from '../space/space.js'
import { transferRecipe } from './transfer-recipe.js'

const open = (model: Model): Promise<OpenedSpace> =>
  openSpace(model, loadTarget('neural-engine'), { parts: ['widths', 'blocks'], widths: { kind: 'lanes', step: 8 } })

/** Values are called something else; nodes have no names of their own. */
function netCalled(prefix: string, blocks: readonly Partial<BottleneckOptions>[]): Model {
  const model = netOfBlocks(blocks)
  inferTypes(model)
  for (const node of model.graph.nodes())
    for (const value of node.outputs) if (value !== undefined) value.name = `${prefix}${value.name}`
  return model
}

const blocks = [{ middle: 24, out: 16 }, { middle: 48, residual: true }, { expand: false }]

let model: Model
let opened: OpenedSpace

beforeAll(async () => {
  model = netCalled('', blocks)
  opened = await open(model)
})

const recipe = (...decisions: Decision[]): Recipe => ({ recipeVersion: 1, decisions })

const texts = (decisions: readonly Decision[]) =>
  decisions.map((decision) =>
    decision.kind === 'block'
      ? `${decision.block} ${decision.alternative}`
      : decision.kind === 'width'
        ? `${decision.group} ${decision.size}`
        : decision.kind,
  )

describe('a recipe of another model', () => {
  test('property: of a sibling whose places have other names it is the same candidate', () => {
    const sibling = netCalled('other/', blocks)
    const origin = originOf(model)
    const random = new SeededRandom(4)
    for (let i = 0; i < 200; i++) {
      const candidate = opened.space.random(random)
      const given = { ...recipeOf(opened.space, candidate), origin }
      const { candidate: found, left, taken } = transferRecipe(sibling, siblingSpace(opened.space), given)
      expect(keyOf(found)).toBe(keyOf(candidate))
      expect(left).toEqual([])
      expect(taken.map(({ by }) => by)).toEqual(given.decisions.map(() => 'signature'))
    }
  })

  test('of a shallower net goes to the same relative places, widths as shares', async () => {
    const deeper = netCalled('x/', [
      { middle: 32, out: 32, kernel: 5, pad: 2 },
      { middle: 64, residual: true, kernel: 5, pad: 2 },
      { middle: 96, residual: true, kernel: 5, pad: 2 },
      { middle: 128, residual: true, kernel: 5, pad: 2 },
    ])
    const { space } = await open(deeper)
    const given: Recipe = {
      ...recipe(
        { kind: 'block', block: 0, alternative: 'fused' },
        { kind: 'width', group: 'Conv_4', size: 24 },
        { kind: 'width', group: 'Conv_8', size: 8 },
      ),
      origin: originOf(model),
    }
    const { taken, left } = transferRecipe(deeper, space, given)
    expect(taken.map(({ by }) => by)).toEqual(taken.map(() => 'relative place'))
    // Of blocks 0 and 1, the early one is like blocks 0 and 1, the late one like 2 and 3; half of the middle's channels go.
    expect(texts(taken.map(({ as }) => as))).toEqual(['0 fused', '1 fused', 'x/Conv_7 48', 'x/Conv_10 64'])
    expect(left.map(({ reason }) => reason)).toEqual(['nothing in this model corresponds to its place'])
  })

  test('keeps a size of the image that this space has too', async () => {
    const { space } = await openSpace(model, loadTarget('neural-engine'), {
      parts: ['resolution'],
      widths: { kind: 'lanes', step: 8 },
    })
    const own = decisionsOf(space)[0]!
    if (own.kind !== 'resolution') throw new Error('a space of anything but sizes')
    const elsewhere = { ...own, input: 'picture' }
    const { candidate, taken, left } = transferRecipe(
      model,
      space,
      recipe(elsewhere, { ...own, height: own.height + 1 }),
    )
    expect(recipeOf(space, candidate).decisions).toEqual([own])
    expect(taken).toEqual([{ decision: elsewhere, as: own, by: 'name' }])
    expect(left.map(({ reason }) => reason)).toEqual(['no choice of the space'])
  })

  test('that does not say where it is from names places of this one', () => {
    const { signature } = originOf(model).groups.find(({ name }) => name === 'Conv_4')!
    const former = (name: string) => (name === 'stem/bn' ? ['Conv'] : [])
    const { candidate, taken, left } = transferRecipe(
      model,
      opened.space,
      recipe(
        { kind: 'block', block: 1, alternative: 'skip' },
        { kind: 'block', block: 'Conv_2', alternative: 'grouped' },
        { kind: 'width', signature, size: 31 },
        { kind: 'width', group: 'Conv_6', size: 8 },
        { kind: 'width', group: 'stem/bn', size: 16 },
        { kind: 'block', block: 7, alternative: 'fused' },
        { kind: 'block', block: 'Conv_7', alternative: 'fused' },
        { kind: 'width', group: 'y', size: 8 },
        { kind: 'resolution', input: 'image', height: 12, width: 12 },
      ),
      former,
    )
    expect(taken.map(({ as, by }) => [...texts([as]), by])).toEqual([
      ['1 skip', 'name'],
      ['0 grouped', 'name'],
      ['Conv_4 32', 'signature'],
      ['Conv_3 8', 'name'],
    ])
    expect(left.map(({ reason }) => reason)).toEqual([
      // The stem has no other size.
      'no choice of the space',
      'unknown-block: block 7',
      'no such option where it would be',
      'no choice of the space',
      'no choice of the space',
    ])
    // The middle of a block that is skipped is nothing.
    expect(texts(recipeOf(opened.space, candidate).decisions)).toEqual(['0 grouped', '1 skip', 'Conv_3 8'])
  })

  test('takes no option that is closed, and begins with what has to be', () => {
    const { space } = opened
    const open = space.choices.map((choice, i) =>
      choice.kind === 'block' && choice.block === 'Conv_4'
        ? [choice.decisions.findIndex((decision) => decision?.alternative === 'joined')]
        : space.openOptions[i]!,
    )
    const { candidate, left } = transferRecipe(
      model,
      new Space(space.choices, open),
      recipe({ kind: 'block', block: 1, alternative: 'fused' }, { kind: 'depth-multiplier', ratio: 0.5 }),
    )
    expect(left.map(({ reason }) => reason)).toEqual(['no such option where it would be'])
    const decisions = texts(recipeOf(space, candidate).decisions)
    expect(decisions).toContain('1 joined')
    expect(decisions).toContain('Conv_3 8')
  })
})

describe('an evolution that begins with a candidate', () => {
  test('scores it first, then others around it; all of them different and open', () => {
    const { space } = opened
    const start = space.random(new SeededRandom(9))
    const points = startingPoints({ opened, start, seed: 1 })
    expect(keyOf(points[0]!)).toBe(keyOf(start))
    expect(points.map(keyOf)).toContain(keyOf(space.original))
    expect(new Set(points.map(keyOf)).size).toBe(points.length)
    for (const point of points) expect(keyOf(space.canonical(point.slice()))).toBe(keyOf(point))
    expect(startingPoints({ opened, start, seed: 1 }).map(keyOf)).toEqual(points.map(keyOf))
  })

  test('does no worse than what it begins with, and less work finds it', async () => {
    const losses = weightProxy(model, opened.space)
    const budgets = [{ figure: 'latency', atMost: 0.8, isShare: true }] as const
    const request = { opened, losses, budgets, seed: 3, evaluations: 20_000 }
    const best = (await search({ ...request, algorithm: 'exact' })).best!
    const begun = await search({ ...request, algorithm: 'evolution', start: best.candidate, evaluations: 64 })
    expect(begun.best!.loss).toBeLessThanOrEqual(best.loss + 1e-9)
    expect(begun.trajectory[0]).toMatchObject({ evaluations: 1, loss: best.loss })
    const plain = await search({ ...request, algorithm: 'evolution', evaluations: 64 })
    expect(plain.best?.loss ?? Number.POSITIVE_INFINITY).toBeGreaterThan(best.loss)
  })
})

/** Choices of the sibling are called as its places are. */
function siblingSpace({ choices }: Space): Space {
  const renamed = (name: string) => `other/${name}`
  return new Space(
    choices.map((choice): Choice => {
      if (choice.kind === 'width') return { ...choice, group: renamed(choice.group) }
      if (choice.kind !== 'block') throw new Error('a space of widths and blocks')
      const decisions = choice.decisions.map((decision) =>
        typeof decision?.block === 'string' ? { ...decision, block: renamed(decision.block) } : decision,
      )
      return { ...choice, block: renamed(choice.block), decisions }
    }),
  )
}

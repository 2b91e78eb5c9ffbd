import { beforeAll, describe, expect, test } from 'vitest'
import type { Score } from '../estimator/cost-table.js'
import { loadTarget } from '../hw/target.js'
import { readModel } from '../import/read-model.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import { declined } from '../passes/architecture/declined.js'
import { absoluteBudgets, parseBudgets, violationOf } from './budgets.js'
import { cleanUp } from './clean-up.js'
import type { Evaluator } from './evaluator.js'
import { lossOf } from './fidelity/losses.js'
import { measureLosses } from './fidelity/measured-losses.js'
import { weightProxy } from './fidelity/weight-proxy.js'
import { type OpenedSpace, openSpace } from './open-space.js'
import type { SearchRequest } from './request.js'
import { search } from './search.js'

const fixture = async (): Promise<Model> => {
  const model = await readModel(new URL('../../fixtures/shapes/shapes_ibn.onnx', import.meta.url).pathname)
  await cleanUp(model, { model, keepOverridable: false, foldBudgetBytes: 0 })
  return model
}

let model: Model
/** Blocks alone, with the widths as they are: some ten thousand candidates. */
let opened: OpenedSpace
let request: Omit<SearchRequest, 'algorithm' | 'budgets'>
let all: (Score & { readonly loss: number })[]

beforeAll(async () => {
  model = await fixture()
  opened = await openSpace(model, loadTarget('neural-engine'), {
    parts: ['blocks'],
    widths: { kind: 'lanes', step: 32 },
  })
  request = { opened, losses: weightProxy(model, opened.space), seed: 1, evaluations: 3000 }
  const { losses } = request
  all = Array.from(opened.space.all(), (candidate) => ({
    ...opened.table.score(candidate),
    loss: lossOf(losses, candidate),
  }))
})

/** Least loss within budgets over all candidates; undefined: none keeps them. */
function leastLoss(text: string): number | undefined {
  const { space, table } = opened
  const budgets = absoluteBudgets(parseBudgets(text), table.score(space.original))
  let least: number | undefined
  for (const { loss, ...score } of all) {
    if (least !== undefined && loss >= least) continue
    if (violationOf(score, budgets) === 0) least = loss
  }
  return least
}

describe('an exact search', () => {
  test.each([
    'latency=80%',
    'latency=60%',
    'energy=90%',
    'weights=95%',
    'activations=60%',
    'memory=80%',
    'latency=75%,weights=110%',
  ])('finds the least loss of all candidates within %s, and proves it', async (text) => {
    const least = leastLoss(text)
    const { best, proof, reason } = await search({ ...request, algorithm: 'exact', budgets: parseBudgets(text) })
    if (least === undefined) expect([best, reason]).toEqual([null, 'no candidate keeps the budgets: proved'])
    else {
      // Of equal losses the faster: latency counts by a hair.
      expect(best!.loss).toBeGreaterThanOrEqual(least - 1e-9)
      expect(best!.loss).toBeLessThanOrEqual(least + 1e-4)
      expect(proof!.gap).toBeLessThan(1e-5)
      expect(proof!.bound).toBeLessThanOrEqual(least + 1.1e-4)
    }
  })

  test('proves that nothing keeps budgets that are too tight', async () => {
    const { best, reason } = await search({ ...request, algorithm: 'exact', budgets: parseBudgets('latency=1%') })
    expect(leastLoss('latency=1%')).toBeUndefined()
    expect([best, reason]).toEqual([null, 'no candidate keeps the budgets: proved'])
  })

  test('wants a budget', async () => {
    await expect(search({ ...request, algorithm: 'exact', budgets: [] })).rejects.toThrow(UserError)
  })
})

describe('an evolution', () => {
  test.each(['latency=60%', 'memory=80%', 'latency=75%,weights=110%'])(
    'comes to the optimum within %s',
    async (text) => {
      const { best, front } = await search({ ...request, algorithm: 'evolution', budgets: parseBudgets(text) })
      expect(best!.loss).toBeCloseTo(leastLoss(text)!, 9)
      const budgets = absoluteBudgets(parseBudgets(text), opened.table.score(opened.space.original))
      for (const each of [best!, ...front]) expect(violationOf(each, budgets)).toBe(0)
    },
  )

  test('without a budget takes the knee of its front', async () => {
    const { best, front, dominatedShare, original, trajectory } = await search({
      ...request,
      algorithm: 'evolution',
      budgets: [],
    })
    expect(front.length).toBeGreaterThan(3)
    expect(front.map(({ candidate }) => candidate.join())).toContain(best!.candidate.join())
    expect(best!.latencyMs).toBeLessThan(original.latencyMs)
    expect(dominatedShare).toBeGreaterThan(0)
    expect(dominatedShare).toBeLessThan(1)
    expect(trajectory.at(-1)!.evaluations).toBeLessThanOrEqual(request.evaluations)
  })

  test('says so when nothing keeps the budgets', async () => {
    const { best, reason } = await search({ ...request, algorithm: 'evolution', budgets: parseBudgets('latency=1%') })
    expect([best, reason]).toEqual([null, 'no candidate that was looked at keeps the budgets'])
  })

  test('is the same for the same seed', async () => {
    const run = () => search({ ...request, algorithm: 'evolution', budgets: parseBudgets('latency=60%') })
    expect(await run()).toEqual(await run())
  })

  test('is interrupted by a signal', async () => {
    const signal = AbortSignal.abort()
    await expect(search({ ...request, algorithm: 'evolution', budgets: [], signal })).rejects.toThrow()
  })
})

describe('losses', () => {
  test('of the proxy are nothing for what the model has, and never less for narrower groups', async () => {
    const whole = await openSpace(model, loadTarget('neural-engine'), {
      parts: ['widths'],
      widths: { kind: 'lanes', step: 8 },
    })
    const losses = weightProxy(model, whole.space)
    expect(lossOf(losses, whole.space.original)).toBe(0)
    whole.space.choices.forEach((choice, i) => {
      if (choice.kind === 'block') return
      const list = [...losses.of[i]!]
      const narrower = list.slice(0, choice.keep + 1)
      expect(narrower).toEqual([...narrower].sort((a, b) => b - a))
      expect(list[0]).toBeLessThanOrEqual(1.00001)
      if (choice.keep > 0) expect(list[0]).toBeGreaterThan(0)
    })
    expect(losses.source).toBe('proxy')
  })

  const noisy: Evaluator = {
    lanes: 1,
    evaluate: async ({ decisions: [decision] }) =>
      decision?.kind === 'block' && decision.alternative === 'merged'
        ? declined('too-noisy', 'here', 'none')
        : {
            fidelity: {
              noise: [{ at: 'y', nsr: 0.5 }],
              cosine: 1,
              kl: null,
              expectedDrop: null,
              metric: null,
              samples: 1,
            },
          },
  }

  test('that are infinite are never chosen', async () => {
    const losses = await measureLosses(opened.space, noisy, 'sum')
    for (const algorithm of ['exact', 'evolution'] as const) {
      const { best } = await search({ ...request, losses, algorithm, budgets: parseBudgets('latency=75%') })
      expect(best!.loss).toBeLessThan(10)
      const chosen = opened.space.choices.map((choice, i) =>
        choice.kind === 'block' ? choice.decisions[best!.candidate[i]!]?.alternative : undefined,
      )
      expect(chosen).not.toContain('merged')
      expect(chosen.some((alternative) => alternative !== undefined)).toBe(true)
    }
  })

  test('of measurements add up as noise or as logarithms', async () => {
    const { space } = opened
    const noise = await measureLosses(space, noisy, 'sum')
    const logs = await measureLosses(space, noisy, 'log')
    const candidate = space.with(space.with(space.original, 0, 1), 1, 1)
    expect(lossOf(noise, candidate)).toBeCloseTo(1, 5)
    expect(lossOf(logs, candidate)).toBeCloseTo(2 * Math.log(1.5), 5)
  })
})

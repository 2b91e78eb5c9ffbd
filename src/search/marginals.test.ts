import { describe, expect, test } from 'vitest'
import { netOfBlocks } from '../../test/architecture/net-of-blocks.js'
import { loadTarget } from '../hw/target.js'
import { inferTypes } from '../ir/infer.js'
import { parseBudgets } from './budgets.js'
import { weightProxy } from './fidelity/weight-proxy.js'
import { landscapeAround } from './landscape.js'
import { nextChange, withoutEach } from './marginals.js'
import { openSpace } from './open-space.js'
import { scored } from './request.js'
import { search } from './search.js'

const model = netOfBlocks([
  { middle: 32, out: 16 },
  { middle: 96, residual: true },
  { middle: 64, out: 32 },
])
inferTypes(model)
const opened = await openSpace(model, loadTarget('neural-engine'), {
  parts: ['widths', 'blocks', 'resolution'],
  widths: { kind: 'curated', levels: 8 },
})
const losses = weightProxy(model, opened.space)

describe('around what a search found', () => {
  test('every decision is left out once, everything else as it is', async () => {
    const request = { opened, losses, budgets: parseBudgets('latency=60%'), seed: 1, evaluations: 5000 }
    const { best } = await search({ ...request, algorithm: 'evolution' })
    const around = withoutEach(landscapeAround(request, best!))
    const { space } = opened
    const decided = space.choices.filter(({ keep }, i) => best!.candidate[i] !== keep)
    expect(around.length).toBeGreaterThan(0)
    expect(around.map(({ choice }) => choice)).toEqual(decided)
    for (const { choice, option, scored: found } of around) {
      const candidate = space.with(best!.candidate, space.choices.indexOf(choice), option)
      expect(found).toEqual(scored(request, candidate))
      // What was done was done for something.
      expect(found.latencyMs).toBeGreaterThan(best!.latencyMs)
    }
  })

  test('nothing is left out of the model as it is, and the next change saves most for what it loses', () => {
    const request = { opened, losses, budgets: [] }
    const original = scored(request, opened.space.original)
    const landscape = landscapeAround(request, original)
    expect(withoutEach(landscape)).toEqual([])
    const worth = ({ latencyMs, loss }: typeof original) => (original.latencyMs - latencyMs) / (1e-3 + loss)
    const all = landscape.flatMap(({ others }) => others.map((other) => worth(other.scored)))
    expect(worth(nextChange(landscape, original)!.scored)).toBe(Math.max(...all))
  })

  test('what budgets or an expert do not allow is no next change', () => {
    const request = { opened, losses, budgets: [] }
    const original = scored(request, opened.space.original)
    const landscape = landscapeAround(request, original).map((choice) => ({
      ...choice,
      others: choice.others.map((other, i) => ({
        ...other,
        why: i % 2 === 0 ? ('ruled out' as const) : ('exceeds a budget' as const),
      })),
    }))
    expect(nextChange(landscape, original)).toBeUndefined()
  })
})

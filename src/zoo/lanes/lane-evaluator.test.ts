import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { isAlive } from '../../../test/zoo/is-alive.js'
import { UserError } from '../../ir/errors.js'
import type { Recipe } from '../../passes/architecture/decision.js'
import type { Evaluation } from '../../search/evaluator.js'
import { LaneEvaluator, type LaneEvaluatorOptions, type OpenedLanes } from './lane-evaluator.js'

const module = new URL('../../../test/zoo/misbehaving-lane.js', import.meta.url)

const recipe = (group: string, size = 1): Recipe => ({
  recipeVersion: 1,
  decisions: [{ kind: 'width', group, size }],
})

const here = { fidelity: { noise: [], cosine: 1, kl: null, expectedDrop: null, metric: null, samples: 1 } } as const

/** This process's own evaluator, and what it was asked for. */
function watched(evaluate: () => Promise<Evaluation> = async () => here) {
  const [asked, remembered] = [[] as Recipe[], new Map<Recipe, Evaluation>()]
  const own: OpenedLanes['own'] = {
    known: async (recipe) => remembered.get(recipe),
    remember: async (recipe, evaluation) => void remembered.set(recipe, evaluation),
    evaluate: (recipe) => {
      asked.push(recipe)
      return evaluate()
    },
  }
  return { own, asked, remembered }
}

const opened: LaneEvaluator[] = []

function lanesFor(
  { own }: Pick<OpenedLanes, 'own'>,
  options: Partial<LaneEvaluatorOptions> & Pick<OpenedLanes, 'stop' | 'onLost'> = {},
): LaneEvaluator {
  const { stop, onLost, ...rest } = options
  const evaluator = new LaneEvaluator({ lanes: 1, module, ...rest })
  opened.push(evaluator)
  evaluator.open({ setup: '', own, stop, onLost })
  return evaluator
}

afterEach(async () => {
  for (const evaluator of opened.splice(0)) await evaluator.close()
})

const processOf = (evaluation: Evaluation) =>
  (evaluation as unknown as { fidelity: { pid: number; folder: string } }).fidelity

/** Until it holds: what a killed process leaves is cleared by the system in its own time. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(10)
}

describe('candidates in processes of their own', () => {
  test('what a process answers is remembered, and not asked for again', async () => {
    const { own, asked, remembered } = watched()
    const evaluator = lanesFor({ own })
    const [one, other] = [recipe('done'), recipe('declined')]
    const found = await evaluator.evaluate(one)
    expect(processOf(found).pid).not.toBe(process.pid)
    expect(remembered.get(one)).toEqual(found)
    expect(await evaluator.evaluate(other)).toMatchObject({ declined: true, reason: 'not-here' })
    remembered.set(one, here)
    expect(await evaluator.evaluate(one)).toEqual(here)
    expect(asked).toEqual([])
  })

  test('as many at a time as there are lanes', async () => {
    const evaluator = lanesFor(watched(), { lanes: 2 })
    const found = await Promise.all([evaluator.evaluate(recipe('done')), evaluator.evaluate(recipe('done'))])
    expect(new Set(found.map((each) => processOf(each).pid)).size).toBe(2)
  })

  test('a process that dies: this one evaluates in its place, and another takes the next', async () => {
    const { own, asked } = watched()
    const evaluator = lanesFor({ own })
    const before = processOf(await evaluator.evaluate(recipe('done')))
    const fatal = recipe('abort')
    expect(await evaluator.evaluate(fatal)).toEqual(here)
    expect(asked).toEqual([fatal])
    const after = processOf(await evaluator.evaluate(recipe('done', 2)))
    expect(after.pid).not.toBe(before.pid)
    await eventually(() => !isAlive(before.pid))
  })

  test('what this process does not survive either is declined, with both reasons', async () => {
    const { own } = watched(async () => {
      throw new UserError('invalid-model', '', 'onnxruntime ended with SIGKILL', 'close other programs')
    })
    const lost: string[] = []
    const evaluator = lanesFor({ own }, { onLost: (why) => lost.push(why) })
    const found = await evaluator.evaluate(recipe('abort'))
    expect(found).toMatchObject({ declined: true, reason: 'not-evaluated', remedy: 'close other programs' })
    expect(lost).toEqual([expect.stringMatching(/SIGABRT.*; then onnxruntime ended with SIGKILL/)])
    expect(processOf(await evaluator.evaluate(recipe('done'))).pid).toBeGreaterThan(0)
  })

  test('an error of the user is that of this process, with its kind', async () => {
    const error = new UserError('invalid-data', 'image', 'is none', 'give another')
    const { own } = watched(async () => {
      throw error
    })
    await expect(lanesFor({ own }).evaluate(recipe('throw'))).rejects.toBe(error)
  })

  test('what goes wrong in several processes is evaluated here one after the other', async () => {
    let [now, most] = [0, 0]
    const { own } = watched(async () => {
      most = Math.max(most, ++now)
      await setTimeout(20)
      now -= 1
      return here
    })
    const evaluator = lanesFor({ own }, { lanes: 3 })
    await Promise.all([1, 2, 3].map((size) => evaluator.evaluate(recipe('throw', size))))
    expect(most).toBe(1)
  })

  test('stopped, they end at once: what they were at is declined, and nothing is begun', async () => {
    const stop = new AbortController()
    const { own, asked } = watched()
    const evaluator = lanesFor({ own }, { stop: stop.signal, lanes: 2 })
    const { pid } = processOf(await evaluator.evaluate(recipe('done')))
    const hanging = [evaluator.evaluate(recipe('hang')), evaluator.evaluate(recipe('hang', 2))]
    await setTimeout(100)
    stop.abort()
    for (const each of hanging) expect(await each).toMatchObject({ declined: true, reason: 'stopped' })
    expect(await evaluator.evaluate(recipe('done', 2))).toMatchObject({ reason: 'stopped' })
    await eventually(() => !isAlive(pid))
    expect(asked).toEqual([])
  })

  test('interrupted, they end at once, and so does what was asked', async () => {
    const interrupt = new AbortController()
    const { own, asked } = watched()
    const evaluator = lanesFor({ own }, { signal: interrupt.signal })
    const hanging = evaluator.evaluate(recipe('hang'))
    await setTimeout(100)
    interrupt.abort()
    await expect(hanging).rejects.toThrow(/abort/i)
    expect(asked).toEqual([])
  })

  test('closed, nothing of them is left', async () => {
    const evaluator = lanesFor(watched(), { lanes: 2 })
    const { pid, folder } = processOf(await evaluator.evaluate(recipe('done')))
    expect([isAlive(pid), existsSync(folder)]).toEqual([true, true])
    await evaluator.close()
    expect([isAlive(pid), existsSync(folder), existsSync(evaluator.folder)]).toEqual([false, false, false])
    expect(await evaluator.evaluate(recipe('done'))).toEqual(here)
  })
})

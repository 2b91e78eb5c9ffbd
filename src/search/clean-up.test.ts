import { describe, expect, test } from 'vitest'
import { buildModel } from '../ir/build.js'
import type { Model } from '../ir/graph.js'
import { Tensor } from '../ir/tensor.js'
import { cleanUp, firstGuilty } from './clean-up.js'

/** A chain with several things to remove. */
const make = (): Model =>
  buildModel((g) => {
    let value = g.input('x', 'float32', [2, 3])
    for (let i = 0; i < 6; i++)
      value = g.op('Mul', [g.op('Identity', [g.op('Relu', [g.op('Neg', [value])])]), g.constant(Tensor.float32([1]))])
    g.output(value, 'y')
  })

const prepare = async () => {
  const model = make()
  return { model, context: { model, keepOverridable: false, foldBudgetBytes: 0 } }
}

describe('bisection', () => {
  test('the same model gets the same first changes', async () => {
    const whole = await prepare()
    const { firings } = await cleanUp(whole.model, whole.context)
    expect(firings.length).toBeGreaterThan(8)
    const part = await prepare()
    const half = await cleanUp(part.model, part.context, { maxFirings: 5 })
    expect(half.firings).toEqual(firings.slice(0, 5))
  })

  test('names the first change after which the model is wrong', async () => {
    const { model, context } = await prepare()
    const { firings } = await cleanUp(model, context)
    for (const guilty of [1, 4, firings.length]) {
      // "Wrong" here: fewer nodes than are left after the changes before the guilty one.
      const { model: good, context: own } = await prepare()
      await cleanUp(good, own, { maxFirings: guilty - 1 })
      const found = await firstGuilty(firings, prepare, async (trial) => trial.nodeCount >= good.nodeCount)
      expect(found).toEqual(firings[guilty - 1])
    }
  })
})

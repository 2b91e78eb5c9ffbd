import { afterAll, expect, test } from 'vitest'
import { readModel } from '../../import/read-model.js'
import { inferTypes } from '../../ir/infer.js'
import { Patch } from '../../ir/patch.js'
import { isDeclined } from '../../passes/architecture/declined.js'
import { applyDecisions, shownValues } from '../../passes/architecture/recipe.js'
import { cloneModel } from '../../passes/clone-model.js'
import { Runtime } from '../../runtime/session.js'
import { cleanUp } from '../clean-up.js'
import { expose, forward, normalFeeds } from '../zero-shot/forward.js'
import { bindInputs } from '../zero-shot/input-sizes.js'
import { changedPart } from './changed-part.js'

const runtime = new Runtime()
afterAll(() => runtime.close())

const original = await readModel(new URL('../../../fixtures/shapes/shapes_ibn.onnx', import.meta.url).pathname)
await cleanUp(original, { model: original, keepOverridable: false, foldBudgetBytes: 0 })
bindInputs(new Patch(original), { batch: 2, symbols: new Map() })
inferTypes(original)

test.each([
  ['a fused block', { kind: 'block', block: 3, alternative: 'fused' }],
  ['channels within a block', { kind: 'width', group: '/7/body/body.0/body.0.0/Conv_output_0', size: 80 }],
  ['channels of a residual path', { kind: 'width', group: '/5/body/body.2/body.2.0/Conv_output_0', size: 32 }],
] as const)('%s gives the same from the original, and is smaller than the model', async (_, decision) => {
  const result = applyDecisions(original, [decision])
  if (isDeclined(result)) throw new Error(result.reason)
  const values = result.decisions.flatMap((each) => shownValues(result, each)).map(({ value }) => value)
  const { model, inputs } = changedPart(original, result.model, values)
  expect(model!.nodeCount).toBeLessThan(result.model.nodeCount / 2)
  expect(inputs).not.toContain('image')

  const feeds = normalFeeds(original, 1)
  const run = async (of: typeof original, names: readonly string[]) => {
    const copy = cloneModel(of)
    const patch = new Patch(copy)
    for (const node of copy.graph.nodes())
      for (const output of node.outputs) if (output !== undefined && names.includes(output.name)) expose(patch, output)
    return forward(runtime, copy, feeds)
  }
  const before = await run(original, inputs)
  const whole = await run(
    result.model,
    values.map(({ name }) => name),
  )
  const part = await forward(runtime, model!, new Map(inputs.map((name) => [name, before.get(name)!])))
  for (const { name } of values) {
    const expected = Array.from(whole.get(name)!.numbers())
    expect(Array.from(part.get(name)!.numbers())).toEqual(expected)
  }
})

test('nothing has changed where nothing was decided', () => {
  const copy = cloneModel(original)
  const output = copy.graph.outputs[0]!
  expect(changedPart(original, copy, [output])).toEqual({ model: undefined, inputs: [] })
})

import { describe, expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import { toProto } from '../../export/to-proto.js'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import type { Model } from '../../ir/graph.js'
import { Tensor } from '../../ir/tensor.js'
import { encodeModel } from '../../onnx/codec.js'
import { runPasses } from '../driver.js'
import { foldConstants } from './fold-constants.js'

const holder = useRuntime()
const fill = (g: GraphBuilder, dims: number[], value: number) =>
  g.op('ConstantOfShape', [g.constant(Tensor.int64(dims))], { value: Tensor.float32([value]) })
const fileBytes = (model: Model) => encodeModel(toProto(model)).reduce((sum, part) => sum + part.length, 0)
const context = (model: Model, foldBudgetBytes: number) => ({ model, keepOverridable: false, foldBudgetBytes })

describe('the size of the file', () => {
  test('a fold that adds more than 16 KiB is refused, whatever the budget', async () => {
    const build = (g: GraphBuilder) =>
      g.output(g.op('Add', [g.input('x', 'float32', [80, 80]), fill(g, [80, 80], 0.5)]), 'y')
    const { ops, skipped } = await expectEquivalent(holder.runtime, build, {
      passes: [foldConstants],
      foldBudgetBytes: 1 << 20,
    })
    expect(ops).toEqual(['ConstantOfShape', 'Add'])
    expect(skipped).toEqual(['fold-constants: would-grow'])
  })

  test('a few bytes that describe terabytes are never computed', async () => {
    const model = buildModel((g) => g.output(g.op('Neg', [fill(g, [1 << 20, 1 << 20], 1)]), 'y'))
    const result = await runPasses(model, [foldConstants], context(model, Number.MAX_SAFE_INTEGER))
    expect(result.firings).toEqual([])
    expect(result.passes[0]!.skipped.map(({ reason }) => reason)).toEqual(['too-large'])
  })

  const many = (g: GraphBuilder) => {
    let value = g.input('x', 'float32', [1024])
    for (let i = 0; i < 20; i++) value = g.op(i % 2 ? 'Mul' : 'Add', [value, fill(g, [1024], 1 + i / 10)])
    g.output(value, 'y')
  }
  test('many small folds are done when all of them fit', async () => {
    const budgetBytes = 96 * 1024
    const options = { passes: [foldConstants], foldBudgetBytes: budgetBytes }
    const { before, after, ops } = await expectEquivalent(holder.runtime, many, options)
    expect(ops).not.toContain('ConstantOfShape')
    const growth = fileBytes(after) - fileBytes(before)
    expect(growth).toBeGreaterThan(0)
    expect(growth).toBeLessThanOrEqual(budgetBytes)
  })
  test('and none of them otherwise: a second run would go on where the first stopped', async () => {
    const options = { passes: [foldConstants], foldBudgetBytes: 32 * 1024 }
    const { fired, skipped } = await expectEquivalent(holder.runtime, many, options)
    expect(fired).toEqual([])
    expect(skipped).toEqual(['fold-constants: would-grow'])
  })

  test('what shrinks is folded: the constant goes with the node that read it', async () => {
    const build = (g: GraphBuilder) => {
      const table = g.constant(Tensor.float32(Array.from({ length: 8192 }, (_, i) => i)))
      const slice = g.op('Slice', [table, g.constant(Tensor.int64([0])), g.constant(Tensor.int64([8000]))])
      g.output(g.op('Add', [g.input('x', 'float32', [8000]), slice]), 'y')
    }
    expect(
      (await expectEquivalent(holder.runtime, build, { passes: [foldConstants], foldBudgetBytes: 0 })).ops,
    ).toEqual(['Add'])
  })
})

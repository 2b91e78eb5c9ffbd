import { afterAll, beforeAll, expect } from 'vitest'
import { toProto } from '../../src/export/to-proto.js'
import { type BuildOptions, buildModel, type GraphBuilder } from '../../src/ir/build.js'
import type { Model } from '../../src/ir/graph.js'
import { inferTypes } from '../../src/ir/infer.js'
import type { Tensor } from '../../src/ir/tensor.js'
import { verifyGraph } from '../../src/ir/verify.js'
import { encodeModel } from '../../src/onnx/codec.js'
import type { ConvolutionShape, Pass, PassContext } from '../../src/passes/define.js'
import { type DriverResult, runPasses } from '../../src/passes/driver.js'
import { constantEvaluator } from '../../src/passes/evaluate-constants.js'
import { removeDeadCode } from '../../src/passes/exact/remove-dead-code.js'
import { compareTensors, exactTolerance, roundingTolerance } from '../../src/runtime/compare.js'
import { generateFeeds } from '../../src/runtime/feeds.js'
import { isFailure, Runtime } from '../../src/runtime/session.js'

/** One runtime for the file that calls this. */
export function useRuntime(): { readonly runtime: Runtime } {
  const holder = { runtime: undefined as unknown as Runtime }
  beforeAll(() => {
    holder.runtime = new Runtime({ timeoutMs: 30_000, allowUnreleasedOpsets: true })
  })
  afterAll(() => holder.runtime.close())
  return holder
}

export interface Check extends BuildOptions {
  readonly passes: readonly Pass[]
  readonly keepOverridable?: boolean
  readonly foldBudgetBytes?: number
  readonly isCheaper?: (before: unknown, after: ConvolutionShape) => boolean
  /** Sizes for symbolic dims of the inputs. */
  readonly symbols?: ReadonlyMap<string, number>
  /** Inputs; generated when not given. */
  readonly feeds?: ReadonlyMap<string, Tensor>
}

export interface Outcome {
  readonly before: Model
  readonly after: Model
  readonly result: DriverResult
  /** Operators left, main graph and everything inside. */
  readonly ops: readonly string[]
  readonly fired: readonly string[]
  /** `pass: reason` of what was declined. */
  readonly skipped: readonly string[]
}

const encode = (model: Model): Buffer => Buffer.concat(encodeModel(toProto(model)))

/**
 * Builds a model twice, runs passes on one, and holds both against each other in onnxruntime, graph optimizations off: the
 * same bits when only exact passes fired, rounding tolerance otherwise. Also: the graph is sound after every change, the
 * interface is what it was, and a second run finds nothing to do.
 */
export async function expectEquivalent(
  runtime: Runtime,
  build: (g: GraphBuilder) => void,
  check: Check,
): Promise<Outcome> {
  const before = buildModel(build, check)
  const after = buildModel(build, check)
  const passes = [...check.passes, removeDeadCode]
  const context = (model: Model): PassContext => ({
    model,
    keepOverridable: check.keepOverridable ?? false,
    foldBudgetBytes: check.foldBudgetBytes ?? 65536,
    evaluate: constantEvaluator(runtime),
    ...(check.isCheaper && { isCheaper: check.isCheaper }),
  })
  const afterEach = ({ pass }: { pass: string }) => expect(verifyGraph(after), `after ${pass}`).toEqual([])
  const result = await runPasses(after, passes, context(after), { afterEach })
  const again = await runPasses(after, passes, context(after))
  expect(again.firings, 'a second run changes nothing').toEqual([])

  const names = (model: Model) => ({
    inputs: model.graph.inputs.map(({ name }) => name),
    outputs: model.graph.outputs.map(({ name }) => name),
  })
  const kept = names(after)
  const given = names(before)
  const isDefault = (name: string) => before.graph.inputs.find((input) => input.name === name)?.tensor !== undefined
  expect(kept.outputs).toEqual(given.outputs)
  expect(kept.inputs).toEqual(given.inputs.filter((name) => kept.inputs.includes(name) || !isDefault(name)))

  inferTypes(before)
  const feeds =
    check.feeds ?? generateFeeds(before, { seed: 3, attempt: 0, ...(check.symbols && { symbols: check.symbols }) })
  if ('reason' in feeds) throw new Error(feeds.reason as string)
  const isExact = result.firings.every(({ kind }) => kind === 'exact')
  const [expected, actual] = [await run(runtime, before, feeds), await run(runtime, after, feeds)]
  for (const [name, tensor] of expected) {
    const comparison = compareTensors(name, tensor, actual.get(name), isExact ? exactTolerance : roundingTolerance)
    expect(comparison.agrees, `${name}: ${comparison.reason} after ${result.firings.map(({ pass }) => pass)}`).toBe(
      true,
    )
  }
  return {
    before,
    after,
    result,
    ops: [...after.allNodes()].map(({ opType }) => opType),
    fired: [...new Set(result.firings.map(({ pass }) => pass))],
    skipped: result.passes.flatMap(({ name, skipped }) => skipped.map(({ reason }) => `${name}: ${reason}`)),
  }
}

async function run(runtime: Runtime, model: Model, feeds: ReadonlyMap<string, Tensor>): Promise<Map<string, Tensor>> {
  const plain = await runtime.load({ bytes: encode(model) }, { optimization: 'disabled' })
  const session = isFailure(plain) ? await runtime.load({ bytes: encode(model) }, { optimization: 'all' }) : plain
  if (isFailure(session)) throw new Error(session.message)
  const results = await runtime.run(session, feeds)
  await runtime.release(session)
  if (isFailure(results)) throw new Error(results.message)
  return results
}

import type { DType } from '../ir/dtype.js'
import type { Model } from '../ir/graph.js'
import { resolveOp } from '../ir/ops/index.js'
import type { Tensor } from '../ir/tensor.js'
import { type Comparison, compareTensors, roundingTolerance, type Tolerance } from './compare.js'
import { attemptCount, generateFeeds } from './feeds.js'
import {
  isFailure,
  type ModelSource,
  type Optimization,
  Runtime,
  type RuntimeFailure,
  type Session,
} from './session.js'

/** Inputs and limits of a verification. */
export interface VerifyOptions {
  readonly seed?: number
  /** How many sets of generated inputs are compared. */
  readonly samples?: number
  /** Inputs of the user; none are generated then. */
  readonly data?: readonly ReadonlyMap<string, Tensor>[]
  /** Sizes for symbolic dims of generated inputs. */
  readonly symbols?: ReadonlyMap<string, number>
  readonly tolerance?: (dtype: DType) => Tolerance
  readonly threads?: number
  /** For each call of the runtime. */
  readonly timeLimitSeconds?: number
  readonly signal?: AbortSignal
}

/** Whether two models compute the same, and how far apart their outputs are. */
export interface Verification {
  readonly verdict: 'agrees' | 'differs' | 'unverified'
  readonly reason?: string
  /** The worst figures over all inputs, per output. */
  readonly outputs: readonly Comparison[]
  /** The original with the runtime's own optimizations on against off: what onnxruntime itself changes. */
  readonly runtimeDeviation?: readonly Comparison[]
  /** The level both models ran at. */
  readonly optimization?: Optimization
  /** Sets of inputs that were compared. */
  readonly samples: number
}

/**
 * Runs original and result on onnxruntime, graph optimizations off, on the same inputs, and compares every output. What the
 * original cannot do (load, be fed, run) makes the verdict `unverified`; what only the result cannot do makes it `differs`.
 */
export async function verify(
  original: ModelSource,
  result: ModelSource,
  model: Model,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { samples = 2, tolerance = roundingTolerance, timeLimitSeconds = 120 } = options
  const runtime = new Runtime({
    timeoutMs: timeLimitSeconds * 1000,
    allowUnreleasedOpsets: true,
    ...(options.signal && { signal: options.signal }),
  })
  try {
    const reference = await loadReference(runtime, original, options.threads)
    if (isFailure(reference)) return unverified(`onnxruntime does not take the original: ${reference.message}`)
    const { optimization } = reference
    const inputs = await runnableInputs(runtime, reference.session, model, options, samples)
    if ('reason' in inputs) return unverified(inputs.reason)

    const worst = new Map<string, Comparison>()
    const settings = { optimization, threads: options.threads ?? 1 }
    const candidate = await loadAfter(runtime, result, settings)
    if (isFailure(candidate)) return differs(`onnxruntime does not take the result: ${candidate.message}`)
    const isRandom = hasRandomness(model)
    for (const { feeds, outputs } of inputs.runs) {
      const answer = await candidate.runtime.run(candidate.session, feeds)
      if (isFailure(answer)) {
        candidate.close()
        return differs(`onnxruntime fails on the result: ${answer.message}`)
      }
      for (const [name, expected] of outputs) {
        keepWorst(worst, compareTensors(name, expected, answer.get(name), tolerance, isRandom))
      }
    }
    candidate.close()
    const outputs = [...worst.values()]
    const broken = outputs.find(({ agrees }) => !agrees)
    const common = { outputs, optimization, samples: inputs.runs.length }
    const deviation = await runtimeDeviation(runtime, original, optimization, inputs.runs, options)
    const extra = deviation === undefined ? {} : { runtimeDeviation: deviation }
    if (broken !== undefined)
      return { verdict: 'differs', reason: `output "${broken.name}" ${broken.reason}`, ...common, ...extra }
    return { verdict: 'agrees', ...common, ...extra }
  } finally {
    runtime.close()
  }
}

/** Off if it loads so; some float16 graphs load only with the runtime's optimizations on. */
export async function loadReference(
  runtime: Runtime,
  source: ModelSource,
  threads = 1,
): Promise<{ readonly session: Session; readonly optimization: Optimization } | RuntimeFailure> {
  const plain = await runtime.load(source, { optimization: 'disabled', threads })
  if (!isFailure(plain)) return { session: plain, optimization: 'disabled' }
  const optimized = await runtime.load(source, { optimization: 'all', threads })
  return isFailure(optimized) ? plain : { session: optimized, optimization: 'all' }
}

interface ReferenceRun {
  readonly feeds: ReadonlyMap<string, Tensor>
  readonly outputs: ReadonlyMap<string, Tensor>
}

/** Inputs that the original accepts, with what it answers. The first attempt that works decides on sizes and ranges. */
async function runnableInputs(
  runtime: Runtime,
  session: Session,
  model: Model,
  { data, seed = 0, symbols }: VerifyOptions,
  samples: number,
): Promise<{ readonly runs: readonly ReferenceRun[] } | { readonly reason: string }> {
  if (data !== undefined) {
    const runs: ReferenceRun[] = []
    for (const feeds of data) {
      const outputs = await runtime.run(session, feeds)
      if (isFailure(outputs)) return { reason: `the original fails on the given data: ${outputs.message}` }
      runs.push({ feeds, outputs })
    }
    return { runs }
  }
  let last = 'no inputs could be generated'
  for (let attempt = 0; attempt < attemptCount; attempt++) {
    const runs: ReferenceRun[] = []
    for (let sample = 0; sample < samples; sample++) {
      const feeds = generateFeeds(model, { seed: seed + sample, attempt, ...(symbols && { symbols }) })
      if ('reason' in feeds) return { reason: feeds.reason as string }
      const outputs = await runtime.run(session, feeds)
      if (isFailure(outputs)) {
        last = outputs.message
        if (outputs.failure !== 'run-error') return { reason: `the original ends the runtime: ${last}` }
        break
      }
      runs.push({ feeds, outputs })
    }
    if (runs.length === samples) return { runs }
  }
  return { reason: `the original fails on all generated inputs: ${last}` }
}

/** The result in the same child when that works: start-up is what costs. */
async function loadAfter(
  runtime: Runtime,
  source: ModelSource,
  settings: { readonly optimization: Optimization; readonly threads: number },
): Promise<{ readonly runtime: Runtime; readonly session: Session; close(): void } | RuntimeFailure> {
  const session = await runtime.load(source, settings)
  return isFailure(session) ? session : { runtime, session, close: () => {} }
}

/** What the runtime's own optimizer does to the original's outputs; undefined when it does not run so. */
async function runtimeDeviation(
  runtime: Runtime,
  original: ModelSource,
  optimization: Optimization,
  runs: readonly ReferenceRun[],
  { threads = 1 }: VerifyOptions,
): Promise<readonly Comparison[] | undefined> {
  const [first] = runs
  if (optimization === 'all' || first === undefined) return undefined
  const session = await runtime.load(original, { optimization: 'all', threads })
  if (isFailure(session)) return undefined
  const answer = await runtime.run(session, first.feeds)
  if (isFailure(answer)) return undefined
  // The runtime may reassociate, whatever we promised for ourselves.
  return [...first.outputs].map(([name, expected]) =>
    compareTensors(name, expected, answer.get(name), roundingTolerance),
  )
}

/** Random operators, and a Dropout that may run in training mode, answer differently each time. */
export function hasRandomness(model: Model): boolean {
  for (const node of model.allNodes()) {
    if (resolveOp(node)?.op.traits.includes('random')) return true
    if (node.is('Dropout') && node.inputs[2] !== undefined) return true
  }
  return false
}

function keepWorst(worst: Map<string, Comparison>, comparison: Comparison): void {
  const before = worst.get(comparison.name)
  const isWorse = before === undefined || (before.agrees && !comparison.agrees) || comparison.maxAbs > before.maxAbs
  if (isWorse) worst.set(comparison.name, comparison)
}

const unverified = (reason: string): Verification => ({ verdict: 'unverified', reason, outputs: [], samples: 0 })
const differs = (reason: string): Verification => ({ verdict: 'differs', reason, outputs: [], samples: 0 })

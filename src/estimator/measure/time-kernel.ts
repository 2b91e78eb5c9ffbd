import { modelBytes } from '../../export/model-bytes.js'
import type { KernelShape } from '../../hw/shape.js'
import type { Target } from '../../hw/target.js'
import { Tensor } from '../../ir/tensor.js'
import { generateFeeds } from '../../runtime/feeds.js'
import { SeededRandom } from '../../runtime/random.js'
import { isFailure, type Runtime, type RuntimeFailure } from '../../runtime/session.js'
import { median, quantile } from '../fit/statistics.js'
import { kernelModel, shapeOfSpec, weightBytesOf } from './kernel-model.js'
import type { KernelSpec } from './kernel-spec.js'

export interface KernelTime {
  readonly shape: KernelShape
  /** Of one execution inside a session: dispatch included, the call of the session not. */
  readonly latencyMs: number
  /** Half the distance of the quartiles. */
  readonly spreadMs: number
  readonly runs: number
}

export interface TimingPlan {
  readonly warmUp: number
  readonly runs: number
  readonly threads: number
  readonly seed: number
}

export const defaultTiming: TimingPlan = { warmUp: 5, runs: 30, threads: 1, seed: 1 }

/** A measurement that scatters by more than this part is taken again. */
const quietSpread = 0.04
const mostAttempts = 3

/** Below the clock's grain nothing is known but that it is small. */
const leastMs = 2e-5

/** Copies make a session take about this long, so that the call does not drown the kernel. */
const sessionMs = 0.6
const mostCopies = 40
/** Weights of all copies together. */
const mostWeightBytes = 12 << 20

/**
 * Time of one execution of a kernel: a session with many copies of it against a session with none, on the same inputs,
 * taking turns. Copies have weights of their own, so that weights come from as far away as they do in a network.
 */
export async function timeKernel(
  runtime: Runtime,
  spec: KernelSpec,
  target: Target,
  plan: TimingPlan,
): Promise<KernelTime | RuntimeFailure> {
  const shape = shapeOfSpec(spec, target, new SeededRandom(plan.seed))
  const guess = 0.001 + shape.macs / 3e7 + (shape.inputBytes + shape.outputBytes + shape.weightBytes) / 5e6
  const fitting = Math.floor(mostWeightBytes / Math.max(1, weightBytesOf(spec)))
  const copies = Math.max(1, Math.min(mostCopies, fitting, Math.round(sessionMs / guess)))
  const sessions = []
  for (const count of [0, copies]) {
    const { model } = kernelModel(spec, count, new SeededRandom(plan.seed), count === 0 ? copies : 0)
    const feeds = generateFeeds(model, { seed: plan.seed, attempt: 0 })
    if ('reason' in feeds) return { failure: 'run-error', message: feeds.reason }
    const bytes = modelBytes(model)
    const session = await runtime.load({ bytes }, { optimization: 'disabled', threads: plan.threads })
    if (isFailure(session)) return session
    sessions.push({ session, feeds: zeroIntegers(feeds) })
  }
  let best: KernelTime | undefined
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const samples = await runtime.time(sessions, plan)
    if (isFailure(samples)) return samples
    const [empty, full] = samples.map((each) => Float64Array.from(each).sort()) as [Float64Array, Float64Array]
    const latencyMs = Math.max((median(full) - median(empty)) / copies, leastMs)
    const spreadMs = (quantile(full, 0.75) - quantile(full, 0.25)) / 2 / copies
    // What disturbs a measurement makes it longer.
    if (best === undefined || latencyMs < best.latencyMs) best = { shape, latencyMs, spreadMs, runs: plan.runs }
    if (spreadMs < quietSpread * latencyMs) break
  }
  for (const { session } of sessions) await runtime.release(session)
  return best!
}

/** Integers are indices, lengths or trip counts: zero fits everywhere. Bytes are data. */
function zeroIntegers(feeds: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map(
    [...feeds].map(([name, tensor]) => [
      name,
      tensor.dtype === 'int64' || tensor.dtype === 'int32' ? zeros(tensor) : tensor,
    ]),
  )
}

const zeros = (tensor: Tensor): Tensor =>
  Tensor.fromBytes(tensor.dtype, tensor.dims, new Uint8Array(tensor.bytes().byteLength))

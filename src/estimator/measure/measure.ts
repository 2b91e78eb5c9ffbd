import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { basename } from 'node:path'
import { kernelCost, millisecondsOf } from '../../hw/cycles/index.js'
import { planKernels } from '../../hw/kernels.js'
import type { KernelShape } from '../../hw/shape.js'
import type { ArrayTarget, MeasuredTarget, Target } from '../../hw/target.js'
import { UserError } from '../../ir/errors.js'
import { inferTypes } from '../../ir/infer.js'
import { SeededRandom } from '../../runtime/random.js'
import { isFailure, Runtime } from '../../runtime/session.js'
import { builtInPrior } from './built-in-prior.js'
import { kernelModel, shapeOfSpec } from './kernel-model.js'
import type { KernelSpec } from './kernel-spec.js'
import { MeasurementPlan, type PlannedKernel } from './plan.js'
import { addObserved, addStatic, observeFile, Prior, type PriorKernel } from './prior.js'
import { addStepProbes } from './step-prior.js'
import { rounded, TableFile } from './table-file.js'
import { defaultTiming, type TimingPlan, timeKernel } from './time-kernel.js'

export interface MeasureOptions {
  readonly target: Target
  /** CSV file; one that is there is gone on with. */
  readonly out: string
  /** Rows the table shall have in the end. */
  readonly rows: number
  /** Models whose kernels are the prior; none: a list of our own. */
  readonly models?: readonly string[]
  readonly prior?: readonly PriorKernel[]
  readonly threads?: number
  readonly seed?: number
  readonly timeLimitS?: number
  /** Standard deviation of the logarithm, put on the cycle model's figures; 0: none. */
  readonly noise?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (text: string, done: number, total: number, secondsLeft: number | undefined) => void
}

export interface MeasureSummary {
  readonly out: string
  readonly device: string
  /** Rows in the table, and how many of them this call added. */
  readonly rows: number
  readonly added: number
  /** Why the table has fewer rows than asked for; undefined: it has them. */
  readonly ended: 'interrupted' | 'time-limit' | 'no-more-kernels' | undefined
  /** Models that gave nothing, with the reason. */
  readonly skipped: readonly { readonly model: string; readonly reason: string }[]
  /** Kernels that could not be rebuilt, by reason. */
  readonly failures: Readonly<Record<string, number>>
}

interface Measured {
  readonly shape: KernelShape
  readonly latencyMs: number
  readonly spreadMs: number
  readonly runs: number
}

/** What times kernels: this machine through onnxruntime, or the cycle model of a chip. */
interface Instrument {
  readonly device: string
  readonly threads: number
  readonly runtime: string
  shapeOf(spec: KernelSpec): KernelShape
  time(spec: KernelSpec, id: string): Promise<Measured | { readonly reason: string }>
  close(): void
}

/**
 * Fills a table of measured kernels, row by row, until it has as many as asked for, time is up, or it is interrupted.
 * A table that is there is continued: the plan is the same for the same seed and models, and what is measured stays.
 */
export async function measure(options: MeasureOptions): Promise<MeasureSummary> {
  const { target, rows, seed = 1, signal } = options
  if (target.kind === 'measured' && target.fusion.runtime === undefined) {
    const remedy = 'use cpu, or a target with a cycle model'
    throw new UserError('usage', '--target', `${target.name} is not here to be measured`, remedy)
  }
  const start = performance.now()
  const instrument = target.kind === 'measured' ? machine(target, options) : cycleModel(target, options)
  try {
    const file = new TableFile(options.out, instrument.device)
    const before = file.latencies.size
    const { kernels, skipped } = options.prior
      ? { kernels: options.prior, skipped: [] }
      : await gatherPrior(options, instrument)
    const plan = new MeasurementPlan(kernels, seed)
    const failures: Record<string, number> = {}
    const summary = (ended: MeasureSummary['ended']): MeasureSummary => ({
      out: options.out,
      device: instrument.device,
      rows: file.latencies.size,
      added: file.latencies.size - before,
      ended,
      skipped,
      failures,
    })
    // Rows of the plan so far, new ones or not: only these may end it, so that a longer table begins like a shorter one.
    let planned = 0
    const begun = performance.now()
    let fresh = 0
    while (planned < rows) {
      if (signal?.aborted) return summary('interrupted')
      if ((performance.now() - start) / 1000 > (options.timeLimitS ?? Number.POSITIVE_INFINITY))
        return summary('time-limit')
      const variants = plan.next()
      if (variants === undefined) return summary('no-more-kernels')
      let done: { item: PlannedKernel; measured: Measured | undefined } | undefined
      for (const item of variants) {
        const known = file.latencies.get(item.id)
        if (known !== undefined) {
          plan.learn(item, instrument.shapeOf(item.spec), known)
          done = { item, measured: undefined }
          break
        }
        let result: Measured | { readonly reason: string }
        try {
          result = await instrument.time(item.spec, item.id)
        } catch (error) {
          if (signal?.aborted) return summary('interrupted')
          result = { reason: (error as Error).message }
        }
        if ('reason' in result) {
          if (item === variants.at(-1)) {
            const reason = `${item.spec.opType}: ${result.reason}`
            failures[reason] = (failures[reason] ?? 0) + 1
          }
          continue
        }
        // As the table will say it: the plan goes by latencies, and must be the same when it is read back.
        done = { item, measured: { ...result, latencyMs: rounded(result.latencyMs) } }
        break
      }
      if (done === undefined) continue
      planned += 1
      const { item, measured } = done
      if (measured !== undefined) {
        const { shape, ...times } = measured
        file.append({
          item: item.id,
          family: item.base.id,
          device: instrument.device,
          shape,
          ...times,
          threads: instrument.threads,
          runtime: instrument.runtime,
          network: item.base.network,
        })
        plan.learn(item, shape, measured.latencyMs)
        fresh += 1
      }
      const each = fresh === 0 ? undefined : (performance.now() - begun) / 1000 / fresh
      options.onProgress?.(item.spec.opType, planned, rows, each === undefined ? undefined : each * (rows - planned))
    }
    return summary(undefined)
  } finally {
    instrument.close()
  }
}

async function gatherPrior(
  { models, target, signal, seed = 1, onProgress }: MeasureOptions,
  instrument: Instrument,
): Promise<{ kernels: PriorKernel[]; skipped: { model: string; reason: string }[] }> {
  const prior = new Prior()
  const skipped: { model: string; reason: string }[] = []
  if (models === undefined) builtInPrior(prior)
  // A cycle model answers at once; hours of a machine go to the kernels that models run.
  if (target.kind !== 'measured') addStepProbes(prior, seed)
  const runtime =
    target.kind === 'measured' ? new Runtime({ allowUnreleasedOpsets: true, ...(signal && { signal }) }) : undefined
  try {
    for (const [i, path] of (models ?? []).entries()) {
      const network = basename(path, '.onnx')
      onProgress?.(`reading ${network}`, i, models!.length, undefined)
      if (runtime === undefined) {
        try {
          await addStatic(prior, path, network)
        } catch (error) {
          skipped.push({ model: network, reason: (error as Error).message })
        }
        continue
      }
      const observed = await observeFile(runtime, path)
      if ('reason' in observed) skipped.push({ model: network, reason: observed.reason })
      else addObserved(prior, observed, network)
    }
  } finally {
    runtime?.close()
  }
  const kernels = prior.kernels()
  if (kernels.length === 0) {
    const reasons = skipped.map(({ model, reason }) => `${model}: ${reason}`).join('; ')
    throw new UserError(
      'invalid-data',
      '--models',
      `no kernels found; ${reasons}`,
      'give models that run',
      instrument.device,
    )
  }
  return { kernels, skipped }
}

/** This machine through onnxruntime. */
function machine(target: MeasuredTarget, { threads = 1, seed = 1, signal }: MeasureOptions): Instrument {
  const runtime = new Runtime({ allowUnreleasedOpsets: true, timeoutMs: 60_000, ...(signal && { signal }) })
  const timing: TimingPlan = { ...defaultTiming, threads, seed }
  const cpu = cpus()[0]?.model.trim() ?? 'unknown processor'
  return {
    device: `${cpu}, ${threads} thread${threads === 1 ? '' : 's'}`,
    threads,
    runtime: `onnxruntime-node ${runtimeVersion()}`,
    shapeOf: (spec) => shapeOfSpec(spec, target, new SeededRandom(seed)),
    async time(spec) {
      const result = await timeKernel(runtime, spec, target, timing)
      return isFailure(result) ? { reason: result.message } : result
    },
    close: () => runtime.close(),
  }
}

/** The cycle model of a chip, exact or with noise that its runtime column states. */
function cycleModel(target: ArrayTarget, { seed = 1, noise = 0 }: MeasureOptions): Instrument {
  return {
    device: target.name,
    threads: 1,
    runtime: noise === 0 ? 'cycle model' : `cycle model, synthetic noise of ${100 * noise} %`,
    shapeOf: (spec) => shapeOfSpec(spec, target, new SeededRandom(seed)),
    async time(spec, id) {
      const { model, nodes } = kernelModel(spec, 1, new SeededRandom(seed))
      inferTypes(model)
      const { kernels } = planKernels(model, target)
      const kernel = kernels.find((each) => each.nodes[0] === nodes[0])
      if (kernel === undefined) return { reason: 'the target runs no kernel for it' }
      const latencyMs = millisecondsOf(kernelCost(kernel.shape, target).cycles, target)
      const random = new SeededRandom(seed ^ Number.parseInt(id.slice(0, 7), 16))
      const factor = noise === 0 ? 1 : Math.exp(noise * normal(random))
      return { shape: kernel.shape, latencyMs: latencyMs * factor, spreadMs: 0, runs: 1 }
    },
    close: () => {},
  }
}

/** Standard normal (Box and Muller, 1958). */
const normal = (random: SeededRandom): number =>
  Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform())

function runtimeVersion(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node')
  const file = `${entry.slice(0, entry.lastIndexOf('onnxruntime-node') + 'onnxruntime-node'.length)}/package.json`
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

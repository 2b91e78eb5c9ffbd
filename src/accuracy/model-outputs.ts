import { dimsEqual } from '../ir/dim.js'
import { quoted, UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import { Tensor } from '../ir/tensor.js'
import { dimsOf } from '../ir/type.js'
import {
  isFailure,
  type ModelSource,
  type Optimization,
  Runtime,
  type RuntimeFailure,
  type Session,
} from '../runtime/session.js'
import { loadReference } from '../runtime/verify.js'
import type { DataSet } from './data-set.js'
import { fedInputs } from './input/sample-input.js'
import type { Outputs } from './outputs.js'

export interface RunOptions {
  /** Which samples, in which order; default: all. */
  readonly samples?: readonly number[] | undefined
  readonly threads?: number | undefined
  /** For each call of the runtime. */
  readonly timeLimitSeconds?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Where a model is run, for those who run many. */
export interface RunPlace {
  /** It stays open; default: one of its own. */
  readonly runtime?: Runtime | undefined
  /** Of the runtime's own optimizer: `disabled` is the reference, `all` is faster. */
  readonly optimization?: Optimization | undefined
  /** Samples of every run; default: what the model's inputs say, or as many as fit. */
  readonly batch?: number | undefined
}

export interface SampleOutputs {
  readonly sample: number
  readonly outputs: Outputs
}

/** Inputs and outputs of a batch take at most this much memory. */
const batchBytes = 32 << 20
const batchLimit = 64

/**
 * Runs a model over a data set, graph optimizations of the runtime off, sample by sample in order. The next batch is made
 * ready while one runs; nothing else is held. Throws UserError where the runtime does not take the model or its inputs.
 */
export async function* modelOutputs(
  source: ModelSource,
  model: Model,
  data: DataSet,
  options: RunOptions = {},
  place: RunPlace = {},
): AsyncGenerator<SampleOutputs> {
  const { threads = 1, onProgress } = options
  const runtime = place.runtime ?? openRuntime(options)
  let session: Session | undefined
  try {
    const loaded = await load(runtime, source, threads, place)
    if (isFailure(loaded)) throw notRun(model, 'does not take the model', loaded.message)
    session = loaded
    const runner = new BatchRunner(runtime, session, model, data, place.batch)
    const order = options.samples ?? Array.from({ length: data.count }, (_, sample) => sample)
    let first = 0
    let ahead: Promise<Prepared> | undefined
    while (first < order.length) {
      const batch = await (ahead ?? runner.prepare(order, first))
      first += batch.samples.length
      // The size of the first batch is 1: only its answer tells how many fit into the next.
      ahead = runner.isMeasured && first < order.length ? runner.prepare(order, first) : undefined
      // An error of it is met when it is awaited.
      ahead?.catch(() => {})
      yield* await runner.run(batch)
      onProgress?.(first, order.length)
    }
  } finally {
    if (place.runtime === undefined) runtime.close()
    else if (session !== undefined) await runtime.release(session)
  }
}

/** A runtime with the limits of the options. */
export function openRuntime({ timeLimitSeconds = 600, signal }: RunOptions): Runtime {
  return new Runtime({ timeoutMs: timeLimitSeconds * 1000, allowUnreleasedOpsets: true, ...(signal && { signal }) })
}

async function load(
  runtime: Runtime,
  source: ModelSource,
  threads: number,
  { optimization }: RunPlace,
): Promise<Session | RuntimeFailure> {
  if (optimization !== undefined && optimization !== 'disabled') return runtime.load(source, { optimization, threads })
  const loaded = await loadReference(runtime, source, threads)
  return isFailure(loaded) ? loaded : loaded.session
}

interface Prepared {
  readonly samples: readonly number[]
  readonly feeds: ReadonlyMap<string, Tensor>
}

/** Finds out how many samples go into a run, and takes the answers apart. */
class BatchRunner {
  readonly #runtime: Runtime
  readonly #session: Session
  readonly #model: Model
  readonly #data: DataSet
  /** Samples of every run, where the model says so. */
  readonly #fixed: number | undefined
  #size: number | undefined

  constructor(runtime: Runtime, session: Session, model: Model, data: DataSet, batch = fixedBatch(model)) {
    this.#runtime = runtime
    this.#session = session
    this.#model = model
    this.#data = data
    this.#fixed = batch
    this.#size = this.#fixed ?? (data.batchLimit === 1 ? 1 : undefined)
  }

  get isMeasured(): boolean {
    return this.#size !== undefined
  }

  async prepare(order: readonly number[], first: number): Promise<Prepared> {
    const samples = order.slice(first, first + (this.#size ?? 1))
    const missing = (this.#fixed ?? 1) - samples.length
    // A model of a fixed batch gets the last sample again; those answers are dropped.
    const padded = missing > 0 ? [...samples, ...new Array<number>(missing).fill(samples.at(-1)!)] : samples
    return { samples, feeds: await this.#data.batch(padded) }
  }

  async run({ samples, feeds }: Prepared): Promise<SampleOutputs[]> {
    const outputs = await this.#runtime.run(this.#session, feeds)
    if (isFailure(outputs)) throw notRun(this.#model, `fails on ${this.#data.source}`, outputs.message)
    const rows = Math.max(samples.length, this.#fixed ?? 1)
    if (rows === 1) {
      this.#size ??= this.#fitting(feeds, outputs)
      return [{ sample: samples[0]!, outputs }]
    }
    const mixed = [...outputs].find(([, { dims }]) => dims[0] !== rows)
    if (mixed === undefined) return samples.map((sample, at) => ({ sample, outputs: row(outputs, at) }))
    if (this.#fixed !== undefined) throw notBySample(this.#model, rows, ...mixed)
    return this.#oneByOne(samples)
  }

  /** The leading axis of some output is no batch: each sample by itself from now on. */
  async #oneByOne(samples: readonly number[]): Promise<SampleOutputs[]> {
    this.#size = 1
    const found: SampleOutputs[] = []
    for (const sample of samples)
      found.push(...(await this.run({ samples: [sample], feeds: await this.#data.batch([sample]) })))
    return found
  }

  #fitting(feeds: ReadonlyMap<string, Tensor>, outputs: Outputs): number {
    if ([...outputs.values()].some(({ dims }) => dims[0] !== 1)) return 1
    const bytes = [...feeds.values(), ...outputs.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)
    const most = Math.min(batchLimit, this.#data.batchLimit ?? batchLimit)
    return Math.max(1, Math.min(most, Math.floor(batchBytes / Math.max(bytes, 1))))
  }
}

/** The leading axis of the inputs, if it is a number; several inputs that disagree are run for one sample. */
function fixedBatch(model: Model): number | undefined {
  const leading = fedInputs(model).map(({ type }) => dimsOf(type)?.[0])
  if (leading.some((dim) => dim !== leading[0] && !(dim && leading[0] && dimsEqual(dim, leading[0])))) return 1
  return typeof leading[0] === 'number' ? leading[0] : undefined
}

function row(outputs: Outputs, at: number): Map<string, Tensor> {
  const rows = new Map<string, Tensor>()
  for (const [name, tensor] of outputs) {
    const bytes = tensor.byteLength / tensor.dims[0]!
    const content = tensor.bytes().subarray(at * bytes, (at + 1) * bytes)
    rows.set(name, Tensor.fromBytes(tensor.dtype, [1, ...tensor.dims.slice(1)], content))
  }
  return rows
}

const notBySample = (model: Model, batch: number, name: string, { dims }: Tensor) =>
  new UserError(
    'invalid-model',
    quoted(name),
    `[${dims.join(', ')}] for a batch of ${batch}: what of it belongs to which sample is not known`,
    'export the model for a batch of 1, or for any batch',
    model.file,
  )

const notRun = (model: Model, what: string, why: string) =>
  new UserError(
    'invalid-model',
    '',
    `onnxruntime ${what}: ${why}`,
    'check that model and data belong together',
    model.file,
  )

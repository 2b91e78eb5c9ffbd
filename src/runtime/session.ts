import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { DType } from '../ir/dtype.js'
import { Tensor } from '../ir/tensor.js'
import { Exchange, type TensorRecord } from './exchange.js'

/** A model for the runtime. External data needs a path. */
export type ModelSource = { readonly path: string } | { readonly bytes: Uint8Array }

export type Optimization = 'disabled' | 'basic' | 'extended' | 'all'

export type FailureKind = 'load-error' | 'run-error' | 'crash' | 'timeout'

/** Something the runtime would not do. A result, not an exception of ours. */
export interface RuntimeFailure {
  readonly failure: FailureKind
  readonly message: string
}

export const isFailure = (result: object): result is RuntimeFailure => 'failure' in result

/** A loaded model. It lives as long as its child process. */
export interface Session {
  readonly id: number
  readonly generation: number
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

export interface RuntimeOptions {
  /** Limit for each call; a call that takes longer ends the child. Default 120 s. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Opsets that the runtime takes for not released yet. */
  readonly allowUnreleasedOpsets?: boolean
}

export interface LoadSettings {
  readonly optimization?: Optimization
  /** Intra-op; inter-op is always one. */
  readonly threads?: number
  /** Where the graph is written as the runtime runs it, after its optimizer. */
  readonly optimizedModelPath?: string
  /** Beginning of the path of a trace with the time of every node; see `trace`. */
  readonly tracePrefix?: string
}

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly onFailure: (failure: RuntimeFailure) => void
  readonly kind: FailureKind
  /** Its answer is outputs. */
  readonly isRun: boolean
}

/**
 * onnxruntime in a child process. Whatever happens there (a refusal, an abort, a hang) comes back as a RuntimeFailure, and
 * the next call starts a fresh child. Close it when done; an idle one does not keep the program alive.
 */
export class Runtime {
  readonly #options: RuntimeOptions
  readonly #pending = new Map<number, Pending>()
  #child: ChildProcess | undefined
  #exchange: Exchange | undefined
  #generation = 0
  #nextId = 1

  constructor(options: RuntimeOptions = {}) {
    this.#options = options
  }

  async load(source: ModelSource, settings: LoadSettings = {}): Promise<Session | RuntimeFailure> {
    const id = this.#nextId++
    const { optimization = 'disabled', threads = 1, optimizedModelPath, tracePrefix } = settings
    const args = { session: id, source, optimization, threads, optimizedModelPath, tracePrefix }
    const loaded = await this.#call('load', args, 'load-error')
    if (isFailure(loaded)) return loaded
    const { inputs, outputs } = loaded as { inputs: string[]; outputs: string[] }
    return { id, generation: this.#generation, inputs, outputs }
  }

  /** Runs once. Outputs by name; all of them unless told. */
  async run(
    session: Session,
    feeds: ReadonlyMap<string, Tensor>,
    outputs?: readonly string[],
  ): Promise<Map<string, Tensor> | RuntimeFailure> {
    if (session.generation !== this.#generation) return lostSession
    const results = await this.#call('run', { session: session.id, outputs }, 'run-error', toRecords(feeds))
    if (isFailure(results)) return results
    const tensors = new Map<string, Tensor>()
    for (const [name, record] of Object.entries(results as Record<string, TensorRecord>))
      tensors.set(name, toTensor(record))
    return tensors
  }

  /** Milliseconds of each run of each session; they take turns. Result: sessions x runs. */
  async time(
    timed: readonly { readonly session: Session; readonly feeds: ReadonlyMap<string, Tensor> }[],
    plan: { readonly warmUp: number; readonly runs: number },
  ): Promise<number[][] | RuntimeFailure> {
    if (timed.some(({ session }) => session.generation !== this.#generation)) return lostSession
    const args = {
      sessions: timed.map(({ session }) => session.id),
      feeds: timed.map(({ feeds }) => toRecords(feeds)),
      ...plan,
    }
    return (await this.#call('time', args, 'run-error')) as number[][] | RuntimeFailure
  }

  /** Runs a session loaded with `tracePrefix`; afterwards the trace lies there as `<prefix>_<time>.json`. */
  async trace(session: Session, feeds: ReadonlyMap<string, Tensor>, runs: number): Promise<RuntimeFailure | undefined> {
    if (session.generation !== this.#generation) return lostSession
    const done = await this.#call('trace', { session: session.id, feeds: toRecords(feeds), runs }, 'run-error')
    return isFailure(done) ? done : undefined
  }

  /** Frees a session. */
  async release(session: Session): Promise<void> {
    if (session.generation === this.#generation) await this.#call('release', { session: session.id }, 'run-error')
  }

  close(): void {
    this.#child?.kill('SIGKILL')
    this.#forget({ failure: 'crash', message: 'the runtime was closed' })
  }

  /** `feeds`: of a single run, whose answer is outputs. */
  #call(
    call: string,
    args: object,
    kind: FailureKind,
    feeds?: Readonly<Record<string, TensorRecord>>,
  ): Promise<object> {
    const { signal, timeoutMs = 120_000 } = this.#options
    signal?.throwIfAborted()
    const child = this.#child ?? this.#start()
    const exchange = this.#exchange
    const id = this.#nextId++
    const sent = feeds === undefined ? args : { ...args, feeds: exchange?.put(id, feeds) ?? feeds }
    return new Promise((resolve, reject) => {
      child.ref()
      child.channel?.ref()
      const timer = setTimeout(() => {
        this.#end(child, { failure: 'timeout', message: `no answer within ${timeoutMs / 1000} s` })
      }, timeoutMs)
      const onAbort = () => this.#end(child, { failure: 'crash', message: 'interrupted' })
      const settle = (value: object) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#pending.delete(id)
        exchange?.release(id)
        if (this.#pending.size === 0) {
          child.unref()
          child.channel?.unref()
        }
        // Whoever interrupts wants no result: not even that there is none.
        if (signal?.aborted && isFailure(value)) reject(signal.reason as Error)
        else resolve(value)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#pending.set(id, {
        resolve: (value) => settle(value as object),
        onFailure: settle,
        kind,
        isRun: feeds !== undefined,
      })
      child.send({ id, call, args: sent }, (error) => {
        if (error !== null) settle({ failure: 'crash', message: error.message })
      })
    })
  }

  #start(): ChildProcess {
    const unreleased = this.#options.allowUnreleasedOpsets ? { ALLOW_RELEASED_ONNX_OPSET_ONLY: '0' } : {}
    const exchange = Exchange.open()
    const child = fork(
      fileURLToPath(new URL('./worker.js', import.meta.url)),
      exchange === undefined ? [] : ['exchange'],
      {
        serialization: 'advanced',
        execArgv: [],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...(exchange?.descriptors ?? [])],
        env: { ...process.env, ...unreleased },
      },
    )
    let noise = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      noise = (noise + chunk.toString()).slice(-2000)
    })
    ;(child.stderr as unknown as { unref?: () => void } | null)?.unref?.()
    child.on('message', (message: { id: number; value?: unknown; error?: string }) => {
      const pending = this.#pending.get(message.id)
      if (message.error === undefined) {
        // Of a call that nobody waits for any more the exchange may be closed.
        if (pending?.isRun && exchange?.fetch(message.value as Record<string, TensorRecord>))
          child.send({ taken: message.id }, () => {})
        pending?.resolve(message.value ?? {})
      } else pending?.onFailure({ failure: pending.kind, message: firstLine(message.error) })
    })
    child.on('exit', (code, exitSignal) => {
      const last = noise.trim().split('\n').at(-1) ?? ''
      const how = exitSignal === null ? `code ${code}` : exitSignal
      this.#end(child, { failure: 'crash', message: `onnxruntime ended with ${how}${last === '' ? '' : `: ${last}`}` })
    })
    this.#child = child
    this.#exchange = exchange
    return child
  }

  #end(child: ChildProcess, failure: RuntimeFailure): void {
    if (this.#child !== child) return
    child.kill('SIGKILL')
    this.#forget(failure)
  }

  #forget(failure: RuntimeFailure): void {
    this.#child = undefined
    this.#exchange?.close()
    this.#exchange = undefined
    this.#generation += 1
    for (const pending of [...this.#pending.values()]) pending.onFailure(failure)
    this.#pending.clear()
  }
}

const lostSession: RuntimeFailure = { failure: 'crash', message: 'the process that held the session is gone' }

const firstLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, 400)

function toRecords(tensors: ReadonlyMap<string, Tensor>): Record<string, TensorRecord> {
  const records: [string, TensorRecord][] = []
  for (const [name, tensor] of tensors) {
    const { dtype, dims } = tensor
    if (dtype === 'string') {
      const strings = tensor.strings().map((text) => Buffer.from(text).toString('utf8'))
      records.push([name, { dtype, dims, strings }])
    } else records.push([name, { dtype, dims, bytes: tensor.bytes() }])
  }
  // fromEntries defines own properties: a name like __proto__ stays a name.
  return Object.fromEntries(records)
}

function toTensor({ dtype, dims, bytes, strings }: TensorRecord): Tensor {
  if (strings !== undefined) return Tensor.fromStrings(dims, () => strings.map((text) => Buffer.from(text)))
  return Tensor.fromBytes(dtype as DType, dims, bytes!)
}

let shared: Runtime | undefined

/** One child for the small jobs of this process: folding, mostly. Started when first used. */
export function sharedRuntime(): Runtime {
  shared ??= new Runtime()
  return shared
}

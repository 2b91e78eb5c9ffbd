import { createHash } from 'node:crypto'
import { readModel } from '../../import/read-model.js'
import type { Model, Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import type { Tensor } from '../../ir/tensor.js'
import { dimsOf, dtypeOf } from '../../ir/type.js'
import { attemptCount, generateFeeds } from '../../runtime/feeds.js'
import type { Runtime } from '../../runtime/session.js'
import { isFailure } from '../../runtime/session.js'
import { type ConcreteType, type KernelSpec, specKey, specOf } from './kernel-spec.js'
import { type Observation, observeModel } from './observe.js'

/** A kernel that real models run, and how much of their time it takes. */
export interface PriorKernel {
  /** Hash of what it is: operator, attributes, sizes. */
  readonly id: string
  readonly spec: KernelSpec
  /** Sum over models of its share of the model's time (of its work, where nothing has run). */
  readonly weight: number
  /** Name of the first model that it occurs in, without folder. */
  readonly network: string
}

export const idOf = (spec: KernelSpec): string => createHash('sha256').update(specKey(spec)).digest('hex').slice(0, 12)

/** Collects kernels of models; each counts once, with the shares of all models that run it. */
export class Prior {
  readonly #kernels = new Map<string, PriorKernel>()

  add(spec: KernelSpec, weight: number, network: string): void {
    const id = idOf(spec)
    const known = this.#kernels.get(id)
    this.#kernels.set(id, {
      id,
      spec: known?.spec ?? spec,
      weight: (known?.weight ?? 0) + weight,
      network: known?.network ?? network,
    })
  }

  /** In the order of their ids, which does not depend on the order of the models. */
  kernels(): PriorKernel[] {
    return [...this.#kernels.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }
}

/** The nodes that onnxruntime runs for a model, after its optimizer. */
export function addObserved(prior: Prior, { nodes }: Observation, network: string): void {
  const total = nodes.reduce((sum, { traceMs }) => sum + traceMs, 0)
  for (const { node, inputs, outputs, traceMs } of nodes) {
    const spec = specOf(
      node,
      (i) => inputs[i],
      (i) => outputs[i],
    )
    if (spec !== undefined) prior.add(spec, traceMs / Math.max(total, 1e-6), network)
  }
}

/**
 * Observes a model on the inputs given, or on such as it takes; a reason where it cannot be read or will not run. `model`:
 * what lies at the path, where it has been read already.
 */
export async function observeFile(
  runtime: Runtime,
  path: string,
  options: {
    readonly feeds?: ReadonlyMap<string, Tensor>
    readonly symbols?: ReadonlyMap<string, number>
    readonly model?: Model
  } = {},
): Promise<Observation | { readonly reason: string }> {
  const { feeds, symbols } = options
  try {
    if (feeds !== undefined) {
      const observation = await observeModel(runtime, { path }, feeds)
      return isFailure(observation) ? { reason: observation.message } : observation
    }
    const model = options.model ?? (await readModel(path))
    let reason = 'no inputs were tried'
    for (let attempt = 0; attempt < attemptCount; attempt++) {
      const generated = generateFeeds(model, { seed: 1, attempt, ...(symbols && { symbols }) })
      if ('reason' in generated) return { reason: String(generated.reason) }
      const observation = await observeModel(runtime, { path }, generated)
      if (!isFailure(observation)) return observation
      reason = observation.message
      if (observation.failure === 'load-error') break
    }
    return { reason }
  } catch (error) {
    // The optimizer's file may hold what the reader refuses: names of surrounding graphs, sparse tensors.
    return { reason: (error as Error).message }
  }
}

/** The nodes of a model as it is, sizes inferred: for chips that are not here. Symbolic sizes are taken as 1. */
export async function addStatic(prior: Prior, path: string, network: string): Promise<void> {
  const model = await readModel(path)
  inferTypes(model)
  for (const node of model.graph.nodes()) {
    const spec = specOf(node, (i) => concrete(node.inputs[i]))
    if (spec !== undefined && node.inputs.length > 0) prior.add(spec, 1, network)
  }
}

function concrete(value: Value | undefined): ConcreteType | undefined {
  const dims = dimsOf(value?.type)?.map((dim) => (typeof dim === 'number' ? dim : 1))
  const dtype = dtypeOf(value?.type)
  return dims === undefined || dtype === undefined ? undefined : { dtype, dims }
}

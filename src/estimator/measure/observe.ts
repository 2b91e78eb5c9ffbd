import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readModel } from '../../import/read-model.js'
import { constantOf } from '../../ir/constant.js'
import type { DType } from '../../ir/dtype.js'
import type { Model, Node } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { isFailure, type ModelSource, type Runtime, type RuntimeFailure } from '../../runtime/session.js'
import type { ConcreteType } from './kernel-spec.js'

/** A node as the runtime ran it. */
export interface ObservedNode {
  readonly node: Node
  readonly inputs: readonly (ConcreteType | undefined)[]
  readonly outputs: readonly (ConcreteType | undefined)[]
  /** How often one run of the model executes it. */
  readonly runs: number
  /** By the runtime's own clock in one run of the model, all executions; it counts whole microseconds and its own work. */
  readonly traceMs: number
}

export interface Observation {
  /** The graph after the runtime's optimizer. */
  readonly model: Model
  readonly nodes: readonly ObservedNode[]
}

/** What onnxruntime makes of a model with all its optimizations, and the sizes that occur when it runs on `feeds`. */
export async function observeModel(
  runtime: Runtime,
  source: ModelSource,
  feeds: ReadonlyMap<string, Tensor>,
  runs = 12,
): Promise<Observation | RuntimeFailure> {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-tailor-observe-'))
  try {
    const optimizedModelPath = join(folder, 'optimized.onnx')
    const session = await runtime.load(source, {
      optimization: 'all',
      optimizedModelPath,
      tracePrefix: join(folder, 'trace'),
    })
    if (isFailure(session)) return session
    const failure = await runtime.trace(session, feeds, runs)
    await runtime.release(session)
    if (failure !== undefined) return failure
    const traceFile = readdirSync(folder).find((name) => name.startsWith('trace'))
    if (traceFile === undefined) return { failure: 'run-error', message: 'the runtime wrote no trace' }
    const events = JSON.parse(readFileSync(join(folder, traceFile), 'utf8')) as TraceEvent[]
    const model = await readModel(optimizedModelPath)
    return { model, nodes: match(model, groupEvents(events), runs) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface TraceEvent {
  readonly cat: string
  readonly name: string
  readonly dur: number
  readonly args?: {
    readonly op_name: string
    readonly node_index: string
    readonly input_type_shape: readonly Readonly<Record<string, number[]>>[]
    readonly output_type_shape: readonly Readonly<Record<string, number[]>>[]
  }
}

interface NodeEvents {
  readonly name: string
  readonly op: string
  readonly inputs: readonly ConcreteType[]
  readonly outputs: readonly ConcreteType[]
  readonly durations: number[]
}

const suffix = '_kernel_time'

/** Executions of each node of the runtime's graph, in the order of their first. */
function groupEvents(events: readonly TraceEvent[]): NodeEvents[] {
  const groups = new Map<string, NodeEvents>()
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith(suffix) || args === undefined) continue
    const key = `${name} ${args.node_index}`
    const group = groups.get(key)
    if (group !== undefined) {
      group.durations.push(dur)
      continue
    }
    groups.set(key, {
      name: name.slice(0, -suffix.length),
      op: args.op_name,
      inputs: args.input_type_shape.flatMap(toTypes),
      outputs: args.output_type_shape.flatMap(toTypes),
      durations: [dur],
    })
  }
  return [...groups.values()]
}

/** C++ names of element types, as traces write them. */
const dtypes: Readonly<Record<string, DType>> = {
  float: 'float32',
  double: 'float64',
  float16: 'float16',
  bfloat16: 'bfloat16',
}

const toTypes = (entry: Readonly<Record<string, number[]>>): ConcreteType[] =>
  Object.entries(entry).map(([name, dims]) => ({ dtype: dtypes[name] ?? (name as DType), dims }))

/**
 * Nodes of the optimized file and their events: by name and operator, then, since files leave nodes without a name, by
 * operator in order. Nodes that never ran are left out.
 */
function match(model: Model, groups: readonly NodeEvents[], runs: number): ObservedNode[] {
  const found = new Map<Node, NodeEvents>()
  const left = new Set(groups)
  const nodes = [...model.allNodes()]
  for (const keyOf of [nameAndOperator, operatorAlone]) {
    const waiting = new Map<string, NodeEvents[]>()
    for (const group of left) waiting.set(keyOf(group), [...(waiting.get(keyOf(group)) ?? []), group])
    for (const node of nodes) {
      if (found.has(node) || (keyOf === nameAndOperator && node.name === '')) continue
      const group = waiting.get(keyOf({ name: node.name, op: node.opType }))?.shift()
      if (group === undefined) continue
      found.set(node, group)
      left.delete(group)
    }
  }
  return nodes.flatMap((node) => {
    const group = found.get(node)
    if (group === undefined) return []
    const outputs = [...group.outputs]
    return [
      {
        node,
        inputs: alignInputs(node, group.inputs),
        outputs: node.outputs.map((output) => (output === undefined ? undefined : outputs.shift())),
        runs: group.durations.length / runs,
        traceMs: trimmedSum(group.durations, runs) / 1000,
      },
    ]
  })
}

type Named = Pick<NodeEvents, 'name' | 'op'>
const nameAndOperator = ({ name, op }: Named): string => `${name} ${op}`
const operatorAlone = ({ op }: Named): string => op

/** Types are listed for values that are there, in order; constants that the runtime has packed away are missing. */
function alignInputs(node: Node, types: readonly ConcreteType[]): (ConcreteType | undefined)[] {
  const waiting = [...types]
  const present = node.inputs.filter((input) => input !== undefined)
  let missing = present.length - waiting.length
  return node.inputs.map((input) => {
    if (input === undefined) return undefined
    const tensor = constantOf(input)
    if (tensor !== undefined && missing > 0 && String(waiting[0]?.dims) !== String(tensor.dims)) {
      missing -= 1
      return { dtype: tensor.dtype, dims: tensor.dims }
    }
    return waiting.shift()
  })
}

/** Sum of a run's executions, without the slowest and fastest quarter. */
function trimmedSum(durations: readonly number[], runs: number): number {
  const sorted = [...durations].sort((a, b) => a - b)
  const cut = Math.floor(sorted.length / 4)
  const kept = sorted.slice(cut, sorted.length - cut)
  return (kept.reduce((sum, each) => sum + each, 0) / kept.length) * (durations.length / runs)
}

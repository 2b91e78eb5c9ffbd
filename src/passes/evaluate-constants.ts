import { toProto } from '../export/to-proto.js'
import { constantOf } from '../ir/constant.js'
import { Graph, Model, type Node, type Value } from '../ir/graph.js'
import { Patch } from '../ir/patch.js'
import type { Tensor } from '../ir/tensor.js'
import { encodeModel } from '../onnx/codec.js'
import { isFailure, type Runtime } from '../runtime/session.js'
import type { Evaluator } from './define.js'

/** The newest IR version that the runtime takes. */
const newestIr = 10
/** Constants of more bytes than this are not shipped to another process to be folded. */
const inputLimit = 256 * 1024 * 1024

/** An evaluator that puts all constant nodes into one model without inputs and runs it once. */
export function constantEvaluator(runtime: Runtime): Evaluator {
  return async (nodes) => {
    const { model, wanted } = constantModel(nodes)
    const chunks = encodeModel(toProto(model))
    const size = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
    if (size > inputLimit) return { failure: `constants of ${size} bytes are too large to fold` }
    const session = await runtime.load({ bytes: Buffer.concat(chunks) })
    if (isFailure(session)) return { failure: session.message }
    const results = await runtime.run(session, new Map())
    await runtime.release(session)
    if (isFailure(results)) return { failure: results.message }
    const values = new Map<string, Tensor>()
    for (const [copy, name] of wanted) {
      const tensor = results.get(copy)
      if (tensor !== undefined) values.set(name, tensor)
    }
    return values
  }
}

/** The nodes alone, their constants as initializers; every value that something outside needs is an output. */
function constantModel(nodes: readonly Node[]): {
  readonly model: Model
  readonly wanted: ReadonlyMap<string, string>
} {
  const original = nodes[0]!.graph.model
  const model = new Model(Math.min(Math.max(original.irVersion, 4), newestIr), new Map(original.opsets))
  const graph = new Graph(model, 'constants')
  model.graph = graph
  const patch = new Patch(model)
  const set = new Set(nodes)
  const copies = new Map<Value, Value>()
  const wanted = new Map<string, string>()
  const copyOf = (value: Value): Value => {
    let copy = copies.get(value)
    if (copy === undefined) {
      copy = patch.constant(graph, constantOf(value)!, value.name)
      copies.set(value, copy)
    }
    return copy
  }
  for (const node of nodes) {
    const copy = patch.append(graph, {
      opType: node.opType,
      inputs: node.inputs.map((input) => (input === undefined ? undefined : copyOf(input))),
      outputs: node.outputs.length,
      attributes: Object.fromEntries(node.attributes),
      name: node.outputs[0]?.name ?? node.opType,
      from: [],
    })
    node.outputs.forEach((output, i) => {
      const twin = copy.outputs[i]!
      if (output === undefined) return
      copies.set(output, twin)
      const isNeeded = output.isGraphOutput || [...output.users.keys()].some((user) => !set.has(user))
      if (!isNeeded) return
      twin.claim = output.type
      patch.appendOutput(graph, twin)
      wanted.set(twin.name, output.name)
    })
  }
  return { model, wanted }
}

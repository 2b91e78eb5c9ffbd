import type { FunctionBody, Graph, Model } from '../ir/graph.js'
import { normalDomain } from '../onnx/domain.js'
import { bigintOf, longOf } from '../onnx/int64.js'
import {
  type AttributeProto,
  changed,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type OperatorSetIdProto,
  type SparseTensorProto,
  type TensorProto,
} from '../onnx/messages.js'
import { fileNames, type NameOf } from './names.js'
import { attributeProto, type NodeContext, nodeProtos } from './nodes.js'
import { sparseOrigin, sparseTensorProto, tensorProto } from './tensors.js'
import { annotations, definedNames, innerInfos, inputInfos, outputInfos } from './value-infos.js'

/** IR versions below have no operator sets. */
const firstWithOpsets = 3

/**
 * The message of a model. Everything nobody touched is the message it was read from, so that a model nobody touched gives
 * a message equal to its file's, field for field. Messages are shared with the model: do not change them.
 */
export function toProto(model: Model): ModelProto {
  const nameOf = fileNames(model)
  const origin = (model.origin as ModelProto | undefined) ?? { producer_name: 'onnx-tailor' }
  const isSameIr = origin.ir_version != null && bigintOf(origin.ir_version) === BigInt(model.irVersion)
  const hasOpsets = model.irVersion >= firstWithOpsets
  return changed(origin, {
    ir_version: isSameIr ? origin.ir_version : longOf(model.irVersion),
    opset_import: hasOpsets ? opsetImports(origin.opset_import ?? [], model.opsets) : origin.opset_import,
    graph: graphProto(model.graph, nameOf),
    functions: [...model.functions.values()].map((body) => functionProto(body, nameOf)),
  })
}

function opsetImports(
  before: readonly OperatorSetIdProto[],
  opsets: ReadonlyMap<string, number>,
): OperatorSetIdProto[] {
  const imports: OperatorSetIdProto[] = []
  const done = new Set<string>()
  for (const entry of before) {
    const domain = normalDomain(entry.domain)
    const version = opsets.get(domain)
    done.add(domain)
    if (version === undefined) continue
    const isSame = entry.version != null && bigintOf(entry.version) === BigInt(version)
    imports.push(isSame ? entry : changed(entry, { version: longOf(version) }))
  }
  for (const [domain, version] of opsets) {
    if (!done.has(domain)) imports.push({ domain, version: longOf(version) })
  }
  return imports
}

function graphProto(graph: Graph, nameOf: NameOf): GraphProto {
  const origin = (graph.origin as GraphProto | undefined) ?? {}
  const context: NodeContext = { nameOf, graph: (inner) => graphProto(inner, nameOf) }
  const initializer: TensorProto[] = []
  const sparse: SparseTensorProto[] = []
  for (const value of graph.initializers) {
    const tensor = value.tensor!
    const sparseProto = sparseOrigin(tensor)
    if (sparseProto === undefined) initializer.push(tensorProto(tensor, nameOf(value)))
    else sparse.push(sparseTensorProto(sparseProto, nameOf(value)))
  }
  // A graph of the file may lack the name that the standard wants; main graphs then get one.
  const name = graph.name === '' && graph.owner === undefined ? 'main' : graph.name
  return changed(origin, {
    ...(name === (origin.name ?? '') ? {} : { name }),
    node: nodeProtos(graph, context),
    initializer,
    sparse_initializer: sparse,
    input: inputInfos(graph, nameOf),
    output: outputInfos(graph, nameOf),
    value_info: innerInfos(graph, origin.value_info ?? [], () => definedNames(origin), nameOf),
    quantization_annotation: annotations(graph, nameOf),
  })
}

function functionProto(body: FunctionBody, nameOf: NameOf): FunctionProto {
  const { graph } = body
  const origin = (body.origin as FunctionProto | undefined) ?? newFunction(body)
  const context: NodeContext = { nameOf, graph: (inner) => graphProto(inner, nameOf) }
  const required: string[] = []
  const defaults: AttributeProto[] = []
  for (const [name, attribute] of body.attributes) {
    if (attribute === undefined) required.push(name)
    else defaults.push(attributeProto(name, attribute, context))
  }
  const names = () => {
    const outputs = (origin.node ?? []).flatMap((node) => node.output ?? [])
    return new Set([...(origin.input ?? []), ...outputs])
  }
  return changed(origin, {
    input: graph.inputs.map(nameOf),
    output: graph.outputs.map(nameOf),
    attribute: required,
    attribute_proto: defaults,
    node: nodeProtos(graph, context),
    opset_import: opsetImports(origin.opset_import ?? [], body.opsets),
    value_info: innerInfos(graph, origin.value_info ?? [], names, nameOf),
  })
}

const newFunction = (body: FunctionBody): FunctionProto => ({
  name: body.name,
  domain: body.domain,
  ...(body.overload === '' ? {} : { overload: body.overload }),
})

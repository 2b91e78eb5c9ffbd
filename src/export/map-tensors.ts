import {
  type AttributeProto,
  changed,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type SparseTensorProto,
  type TensorProto,
  type TrainingInfoProto,
} from '../onnx/messages.js'

type Change = (tensor: TensorProto) => TensorProto

/**
 * A model message with every tensor in it replaced: initializers, attributes, sparse parts, subgraphs, functions and
 * training graphs. Messages without a changed tensor are shared with the original.
 */
export function mapTensors(model: ModelProto, change: Change): ModelProto {
  const training = mapList(model.training_info, (info) => mapTraining(info, change))
  const functions = mapList(model.functions, (body) => mapFunction(body, change))
  const graph = model.graph == null ? model.graph : mapGraph(model.graph, change)
  return changed(model, { graph, functions, training_info: training })
}

function mapTraining(info: TrainingInfoProto, change: Change): TrainingInfoProto {
  const initialization = info.initialization == null ? info.initialization : mapGraph(info.initialization, change)
  const algorithm = info.algorithm == null ? info.algorithm : mapGraph(info.algorithm, change)
  if (initialization === info.initialization && algorithm === info.algorithm) return info
  return changed(info, { initialization, algorithm })
}

function mapGraph(graph: GraphProto, change: Change): GraphProto {
  const initializer = mapList(graph.initializer, change)
  const sparse = mapList(graph.sparse_initializer, (tensor) => mapSparse(tensor, change))
  const mapped = withNodes(graph, change)
  if (initializer === graph.initializer && sparse === graph.sparse_initializer) return mapped
  return changed(mapped, { initializer, sparse_initializer: sparse })
}

function mapFunction(body: FunctionProto, change: Change): FunctionProto {
  const defaults = mapList(body.attribute_proto, (attribute) => mapAttribute(attribute, change))
  const mapped = withNodes(body, change)
  return defaults === body.attribute_proto ? mapped : changed(mapped, { attribute_proto: defaults })
}

interface NodeHolder {
  node?: NodeProto[] | null
  $unknowns?: Uint8Array[]
}

function withNodes<T extends NodeHolder>(holder: T, change: Change): T {
  const node = mapList(holder.node, (item) => mapNode(item, change))
  return node === holder.node ? holder : (changed<NodeHolder>(holder, { node }) as T)
}

function mapNode(node: NodeProto, change: Change): NodeProto {
  const attribute = mapList(node.attribute, (item) => mapAttribute(item, change))
  return attribute === node.attribute ? node : changed(node, { attribute })
}

function mapAttribute(attribute: AttributeProto, change: Change): AttributeProto {
  const changes: Partial<AttributeProto> = {}
  if (attribute.t != null) changes.t = change(attribute.t)
  if (attribute.g != null) changes.g = mapGraph(attribute.g, change)
  if (attribute.sparse_tensor != null) changes.sparse_tensor = mapSparse(attribute.sparse_tensor, change)
  if (attribute.tensors?.length) changes.tensors = mapList(attribute.tensors, change)
  if (attribute.graphs?.length) changes.graphs = mapList(attribute.graphs, (graph) => mapGraph(graph, change))
  if (attribute.sparse_tensors?.length) {
    changes.sparse_tensors = mapList(attribute.sparse_tensors, (tensor) => mapSparse(tensor, change))
  }
  const isSame = (Object.keys(changes) as (keyof AttributeProto)[]).every((key) => changes[key] === attribute[key])
  return isSame ? attribute : changed(attribute, changes)
}

function mapSparse(tensor: SparseTensorProto, change: Change): SparseTensorProto {
  const values = tensor.values == null ? tensor.values : change(tensor.values)
  const indices = tensor.indices == null ? tensor.indices : change(tensor.indices)
  return values === tensor.values && indices === tensor.indices ? tensor : changed(tensor, { values, indices })
}

/** The list itself when no item changed. */
function mapList<T, L extends readonly T[] | null | undefined>(
  list: L & (readonly T[] | null | undefined),
  change: (item: T) => T,
): L {
  if (list == null) return list
  const mapped = list.map(change)
  return (mapped.every((item, i) => item === list[i]) ? list : mapped) as L
}

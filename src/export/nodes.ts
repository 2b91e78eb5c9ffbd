import type { Attribute, Graph, Node } from '../ir/graph.js'
import type { ValueType } from '../ir/type.js'
import { longOf } from '../onnx/int64.js'
import {
  type AttributeProto,
  attributeTypes,
  changed,
  type GraphProto,
  type NodeDeviceConfigurationProto,
  type NodeProto,
  type SparseTensorProto,
  type TypeProto,
} from '../onnx/messages.js'
import type { NameOf } from './names.js'
import { tensorProto } from './tensors.js'
import { typeProto } from './types.js'

export interface NodeContext {
  readonly nameOf: NameOf
  readonly graph: (graph: Graph) => GraphProto
}

/** The messages of a graph's nodes; what nobody touched is the very message it was read from. */
export function nodeProtos(graph: Graph, context: NodeContext): NodeProto[] {
  const names = uniqueNodeNames(graph)
  const protos: NodeProto[] = []
  for (const node of graph.nodes()) protos.push(nodeProto(node, names?.get(node) ?? node.name, context))
  return protos
}

/** onnxruntime refuses a graph with two nodes of one name: later ones get a number. undefined: all differ. */
function uniqueNodeNames(graph: Graph): Map<Node, string> | undefined {
  const taken = new Set<string>()
  const repeats: Node[] = []
  for (const node of graph.nodes()) {
    if (node.name === '') continue
    if (taken.has(node.name)) repeats.push(node)
    else taken.add(node.name)
  }
  if (repeats.length === 0) return undefined
  const names = new Map<Node, string>()
  for (const node of repeats) {
    let count = 1
    while (taken.has(`${node.name}_${count}`)) count += 1
    names.set(node, `${node.name}_${count}`)
    taken.add(`${node.name}_${count}`)
  }
  return names
}

function nodeProto(node: Node, name: string, context: NodeContext): NodeProto {
  const { nameOf } = context
  const input = node.inputs.map(nameOf)
  const output = node.outputs.map(nameOf)
  const attribute = [...node.attributes].map(([key, value]) => attributeProto(key, value, context))
  const origin = node.origin as NodeProto | undefined
  if (origin === undefined) {
    const proto: NodeProto = { input, output, op_type: node.opType, attribute }
    if (name !== '') proto.name = name
    if (node.domain !== '') proto.domain = node.domain
    if (node.overload !== '') proto.overload = node.overload
    return proto
  }
  const configurations = renamedShardings(node, origin, context)
  const isSame =
    areSame(input, origin.input) &&
    areSame(output, origin.output) &&
    areSame(attribute, origin.attribute) &&
    name === (origin.name ?? '') &&
    configurations === origin.device_configurations
  if (isSame) return origin
  const renaming = name === (origin.name ?? '') ? {} : { name }
  return changed(origin, { input, output, attribute, device_configurations: configurations, ...renaming })
}

const areSame = <T>(now: readonly T[], before: readonly T[] | null | undefined): boolean =>
  now.length === (before?.length ?? 0) && now.every((item, i) => item === before![i])

/** Sharding specs name values of their node. */
function renamedShardings(node: Node, origin: NodeProto, { nameOf }: NodeContext) {
  if (!origin.device_configurations?.length) return origin.device_configurations
  const names = new Map<string, string>()
  for (const value of [...node.inputs, ...node.outputs]) {
    if (value?.fileName !== undefined && value.fileName !== nameOf(value)) names.set(value.fileName, nameOf(value))
  }
  if (names.size === 0) return origin.device_configurations
  return origin.device_configurations.map((configuration): NodeDeviceConfigurationProto => {
    const specs = (configuration.sharding_spec ?? []).map((spec) =>
      changed(spec, { tensor_name: names.get(spec.tensor_name ?? '') ?? spec.tensor_name }),
    )
    return changed(configuration, { sharding_spec: specs })
  })
}

export function attributeProto(name: string, attribute: Attribute, context: NodeContext): AttributeProto {
  const origin = attribute.origin as AttributeProto | undefined
  if (origin === undefined) return { name, type: typeNumber(attribute), ...attributeValue(attribute, context) }
  const renaming = origin.name === name ? {} : { name }
  if (attribute.kind === 'graph' || attribute.kind === 'graphs') {
    return changed(origin, { ...attributeValue(attribute, context), ...renaming })
  }
  return origin.name === name ? origin : changed(origin, renaming)
}

function typeNumber(attribute: Attribute): number {
  const kind = attribute.kind === 'reference' ? attribute.type : attribute.kind
  return attributeTypes.indexOf(kind as (typeof attributeTypes)[number])
}

function attributeValue(attribute: Attribute, context: NodeContext): AttributeProto {
  switch (attribute.kind) {
    case 'float':
      return { f: attribute.value }
    case 'int':
      return { i: longOf(attribute.value) }
    case 'string':
      return { s: attribute.value }
    case 'tensor':
      return { t: tensorProto(attribute.value) }
    case 'graph':
      return { g: context.graph(attribute.value) }
    case 'floats':
      return { floats: [...attribute.value] }
    case 'ints':
      return { ints: attribute.value.map(longOf) }
    case 'strings':
      return { strings: [...attribute.value] }
    case 'tensors':
      return { tensors: attribute.value.map((tensor) => tensorProto(tensor)) }
    case 'graphs':
      return { graphs: attribute.value.map((graph) => context.graph(graph)) }
    case 'sparse_tensor':
      return { sparse_tensor: attribute.value as SparseTensorProto }
    case 'sparse_tensors':
      return { sparse_tensors: attribute.value as SparseTensorProto[] }
    case 'type_proto':
      return { tp: attribute.value === undefined ? {} : typeProto(attribute.value) }
    case 'type_protos': {
      const types = attribute.value as readonly (ValueType | undefined)[]
      return { type_protos: types.map((type): TypeProto => (type === undefined ? {} : typeProto(type))) }
    }
    case 'reference':
      return { ref_attr_name: attribute.value }
  }
}

import { quoted, UserError } from '../ir/errors.js'
import { Graph, Node, type Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { domainText, normalDomain } from '../onnx/domain.js'
import type { GraphProto, NodeProto, SparseTensorProto, TensorProto, ValueInfoProto } from '../onnx/messages.js'
import { type AttributeContext, readAttribute } from './attributes.js'
import type { ImportContext } from './context.js'
import { Scope } from './scope.js'
import { checkSignature, isStandard } from './signatures.js'
import { type FreeNames, topologicalOrder } from './sort.js'
import { readSparseTensor } from './sparse.js'
import { readTensor } from './tensors.js'
import { readInterfaceType, readType } from './types.js'

/** Turns graph messages into graphs, checking names, scopes, order and nodes on the way. */
export class GraphReader {
  readonly #context: ImportContext
  readonly #opsets: ReadonlyMap<string, number>
  readonly #isInFunction: boolean
  readonly #freeNames: FreeNames = new WeakMap()

  /** `opsets`: those in force, a function's own inside it. */
  constructor(context: ImportContext, opsets: ReadonlyMap<string, number>, isInFunction: boolean) {
    this.#context = context
    this.#opsets = opsets
    this.#isInFunction = isInFunction
  }

  /** Fills a graph that is already in its place. `prefix` heads the places of messages; '' for the main graph. */
  read(graph: Graph, proto: GraphProto, parent: Scope | undefined, prefix: string): Scope {
    const scope = new Scope(graph, parent)
    const isMain = parent === undefined
    for (const input of proto.input ?? []) this.#input(scope, input, isMain, prefix)
    for (const tensor of proto.initializer ?? []) this.#initializer(scope, tensor.name, tensor, prefix)
    for (const tensor of proto.sparse_initializer ?? []) {
      this.#initializer(scope, tensor.values?.name, tensor, prefix)
    }
    this.nodes(scope, proto.node ?? [], prefix)
    this.claims(scope, proto.value_info ?? [])
    for (const output of proto.output ?? []) this.#output(scope, output, isMain, prefix)
    pinAnnotated(scope, proto)
    return scope
  }

  #input(scope: Scope, proto: ValueInfoProto, isMain: boolean, prefix: string): void {
    const name = proto.name ?? ''
    const place = `${prefix}graph input ${quoted(name)}`
    if (name === '') throw fault(`${prefix}graph inputs`, 'an input has no name', 'name every graph input')
    const value = scope.define(name, place)
    value.isInput = true
    value.claim = isMain ? readInterfaceType(proto.type, place) : readType(proto.type)
    value.type = value.claim
    scope.graph.inputs.push(value)
  }

  #initializer(
    scope: Scope,
    given: string | null | undefined,
    proto: TensorProto | SparseTensorProto,
    prefix: string,
  ): void {
    const name = given ?? ''
    const place = `${prefix}initializer ${quoted(name)}`
    if (name === '') throw fault(`${prefix}initializers`, 'an initializer has no name', 'name every initializer')
    const known = scope.names.get(name)
    if (known?.tensor !== undefined) throw fault(place, 'occurs twice', 'keep one of them')
    const value = known ?? scope.define(name, place)
    value.tensor = this.#tensor(proto, place)
    scope.graph.initializers.add(value)
  }

  #tensor(proto: TensorProto | SparseTensorProto, place: string): Tensor {
    const { external } = this.#context
    return 'values' in proto && proto.values != null
      ? readSparseTensor(proto, external, place)
      : readTensor(proto as TensorProto, external, place)
  }

  /** The nodes of a graph or function body, in an order that computes before it uses. */
  nodes(scope: Scope, protos: readonly NodeProto[], prefix: string): void {
    const producers = new Map<string, number>()
    protos.forEach((proto, i) => {
      for (const output of proto.output ?? []) {
        if (output === '') continue
        scope.define(output, nodePlace(proto, i, prefix))
        producers.set(output, i)
      }
    })
    const order = topologicalOrder(protos, producers, this.#freeNames, (i) => nodePlace(protos[i]!, i, prefix))
    if (order.some((index, i) => index !== i)) {
      this.#context.model.warnings.push(`${prefix}graph: the nodes are not in topological order; sorted`)
    }
    const names = new Map<string, number>()
    for (const index of order) {
      const proto = protos[index]!
      this.#node(scope, proto, index, nodePlace(proto, index, prefix))
      if (proto.name) names.set(proto.name, (names.get(proto.name) ?? 0) + 1)
    }
    const repeated = [...names].filter(([, count]) => count > 1)
    if (repeated.length === 0) return
    const what = `${repeated.length} node names occur more than once, first ${quoted(repeated[0]![0])}`
    this.#context.model.warnings.push(`${prefix}graph: ${what}`)
  }

  #node(scope: Scope, proto: NodeProto, index: number, place: string): void {
    const opType = proto.op_type ?? ''
    const domain = normalDomain(proto.domain)
    if (opType === '') throw nodeFault(place, 'has no operator', 'give it an op_type')
    const version = this.#opsets.get(domain)
    if (version === undefined) {
      const what = `uses operator set ${JSON.stringify(domainText(domain))}, which is not imported`
      throw nodeFault(place, what, 'add it to opset_import')
    }
    if (!proto.input?.length && !proto.output?.length) {
      throw nodeFault(place, 'has neither inputs nor outputs', 'drop the node')
    }
    const node = new Node(scope.graph, domain, opType, proto.name ?? '', proto.overload ?? '', proto)
    node.provenance = [node.name || `#${index} ${opType}`]
    link(node)
    for (const name of proto.input ?? []) this.#use(node, scope, name, place)
    this.#attributes(node, scope, proto, place)
    // Its results are visible from here on: not to its own subgraphs.
    for (const name of proto.output ?? []) addOutput(node, scope, name)
    pinSharded(node, scope, proto)
    if (!checkSignature(node, version, place) && isStandard(domain, version)) this.#noteUnknown(domain, opType)
  }

  #noteUnknown(domain: string, opType: string): void {
    const { unknownOperators } = this.#context
    const key = `${domainText(domain)}.${opType}`
    unknownOperators.set(key, (unknownOperators.get(key) ?? 0) + 1)
  }

  #use(node: Node, scope: Scope, name: string, place: string): void {
    if (name === '') {
      node.inputs.push(undefined)
      return
    }
    const value = scope.find(name)
    if (value === undefined) {
      const remedy = this.#isInFunction ? 'a function sees its own inputs only' : 'define it or correct the name'
      throw fault(place, `uses ${quoted(name)}, which nothing before it defines`, remedy)
    }
    node.inputs.push(value)
    value.users.set(node, (value.users.get(node) ?? 0) + 1)
  }

  #attributes(node: Node, scope: Scope, proto: NodeProto, place: string): void {
    if (!proto.attribute?.length) return
    const { model, external } = this.#context
    const context: AttributeContext = {
      external,
      isInFunction: this.#isInFunction,
      irVersion: model.irVersion,
      graph: (inner, innerPlace) => {
        const graph = new Graph(model, inner.name ?? '', inner)
        graph.owner = node
        this.read(graph, inner, scope, `${innerPlace}: `)
        return graph
      },
    }
    for (const attribute of proto.attribute) {
      const name = attribute.name ?? ''
      if (node.attributes.has(name)) {
        throw nodeFault(place, `has two attributes ${quoted(name)}`, 'keep one of them')
      }
      node.attributes.set(name, readAttribute(attribute, context, place))
    }
  }

  /** Types that the file claims for inner values. Later entries win, as with protobuf's single fields. */
  claims(scope: Scope, infos: readonly ValueInfoProto[]): void {
    for (const info of infos) {
      const value = scope.names.get(info.name ?? '')
      if (value !== undefined && !value.isInput) value.claim = readType(info.type)
    }
  }

  #output(scope: Scope, proto: ValueInfoProto, isMain: boolean, prefix: string): void {
    const name = proto.name ?? ''
    const place = `${prefix}graph output ${quoted(name)}`
    if (name === '') throw fault(`${prefix}graph outputs`, 'an output has no name', 'name every graph output')
    const value = scope.names.get(name)
    if (value === undefined) {
      throw fault(
        place,
        'is not computed in its graph',
        'name a value of that graph (an Identity node brings outer ones)',
      )
    }
    const type = isMain ? readInterfaceType(proto.type, place) : readType(proto.type)
    if (!value.isInput) value.claim = type ?? value.claim
    value.outputSlots += 1
    scope.graph.outputs.push(value)
  }
}

export function nodePlace(proto: NodeProto, index: number, prefix: string): string {
  const opType = proto.op_type ?? ''
  return `${prefix}node ${proto.name ? quoted(proto.name) : `#${index}`}${opType === '' ? '' : ` (${opType})`}`
}

/** Appends a node to its graph. */
function link(node: Node): void {
  const { graph } = node
  node.prev = graph.last
  if (graph.last === undefined) graph.first = node
  else graph.last.next = node
  graph.last = node
  node.order = graph.nodeCount
  node.isLive = true
  graph.nodeCount += 1
}

function addOutput(node: Node, scope: Scope, name: string): void {
  const value: Value | undefined = name === '' ? undefined : scope.names.get(name)!
  if (value !== undefined) {
    value.producer = node
    value.outputIndex = node.outputs.length
  }
  node.outputs.push(value)
}

/** Quantization annotations name values: they stay, under their names. */
function pinAnnotated(scope: Scope, proto: GraphProto): void {
  const pin = (name: string | null | undefined) => {
    const value = scope.find(name ?? '')
    if (value !== undefined) value.isPinned = true
  }
  for (const annotation of proto.quantization_annotation ?? []) {
    pin(annotation.tensor_name)
    for (const entry of annotation.quant_parameter_tensor_names ?? []) pin(entry.value)
  }
}

function pinSharded(node: Node, scope: Scope, proto: NodeProto): void {
  for (const configuration of proto.device_configurations ?? []) {
    for (const spec of configuration.sharding_spec ?? []) {
      const value = scope.find(spec.tensor_name ?? '')
      if (value !== undefined && (node.inputs.includes(value) || node.outputs.includes(value))) value.isPinned = true
    }
  }
}

const fault = (place: string, what: string, remedy: string) => new UserError('invalid-graph', place, what, remedy)
const nodeFault = (place: string, what: string, remedy: string) => new UserError('invalid-node', place, what, remedy)

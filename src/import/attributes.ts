import { UserError } from '../ir/errors.js'
import type { Attribute, Graph } from '../ir/graph.js'
import { bigintOf } from '../onnx/int64.js'
import { type AttributeProto, attributeTypes, type GraphProto, type SparseTensorProto } from '../onnx/messages.js'
import type { ExternalFiles } from './external.js'
import { readSparseTensor } from './sparse.js'
import { readTensor } from './tensors.js'
import { readType } from './types.js'

/** What an attribute is read in. */
export interface AttributeContext {
  readonly external: ExternalFiles
  /** Reads a subgraph that the attribute holds. */
  readonly graph: (proto: GraphProto, place: string) => Graph
  /** Only inside functions may an attribute refer to one of the caller. */
  readonly isInFunction: boolean
  readonly irVersion: number
}

type Kind = NonNullable<(typeof attributeTypes)[number]>

/** The field of AttributeProto that holds a value of a kind. */
const fields = {
  float: 'f',
  int: 'i',
  string: 's',
  tensor: 't',
  graph: 'g',
  floats: 'floats',
  ints: 'ints',
  strings: 'strings',
  tensors: 'tensors',
  graphs: 'graphs',
  sparse_tensor: 'sparse_tensor',
  sparse_tensors: 'sparse_tensors',
  type_proto: 'tp',
  type_protos: 'type_protos',
} as const satisfies Record<Kind, keyof AttributeProto>

const kinds = Object.keys(fields) as Kind[]
/** Kinds whose absent field cannot stand for a zero that the writer left out. */
const messageKinds: ReadonlySet<Kind> = new Set<Kind>(['tensor', 'graph', 'sparse_tensor', 'type_proto'])

/** Checks an attribute message and gives its value. */
export function readAttribute(proto: AttributeProto, context: AttributeContext, nodePlace: string): Attribute {
  const name = proto.name ?? ''
  const place = `${nodePlace}, attribute ${JSON.stringify(name)}`
  if (name === '') throw fault(nodePlace, 'has an attribute without name', 'name it or drop it')
  const present = kinds.filter((kind) => isSet(proto, kind))
  const kind = kindOf(proto, present, context, place)
  if ((proto.ref_attr_name ?? '') !== '') {
    if (!context.isInFunction) throw fault(place, 'refers to a function attribute', 'only function bodies may do so')
    if (present.length > 0) throw fault(place, 'has both a value and a reference', 'keep one of them')
    return { kind: 'reference', value: proto.ref_attr_name!, type: kind, origin: proto }
  }
  const odd = present.find((other) => other !== kind)
  if (odd !== undefined) {
    throw fault(place, `has type ${kind.toUpperCase()} and a value of type ${odd.toUpperCase()}`, 'make them agree')
  }
  if (messageKinds.has(kind) && present.length === 0) {
    throw fault(place, `has type ${kind.toUpperCase()} and no value`, 'give it a value or drop it')
  }
  return read(proto, kind, context, place)
}

function kindOf(proto: AttributeProto, present: readonly Kind[], context: AttributeContext, place: string): Kind {
  const kind = attributeTypes[proto.type ?? 0]
  if (kind !== undefined) return kind
  if (proto.type) throw fault(place, `has the unknown type ${proto.type}`, 'give it a type of the ONNX standard')
  // IR 1 has no types: the value says.
  if (context.irVersion < 2 && present.length === 1) return present[0]!
  throw fault(place, 'has no type', 'give it the type of its value')
}

function isSet(proto: AttributeProto, kind: Kind): boolean {
  const value = proto[fields[kind]]
  if (value == null) return false
  return kind.endsWith('s') ? (value as readonly unknown[]).length > 0 : true
}

function read(proto: AttributeProto, kind: Kind, context: AttributeContext, place: string): Attribute {
  const { external } = context
  const origin = proto
  switch (kind) {
    case 'float':
      return { kind, value: proto.f ?? 0, origin }
    case 'int':
      return { kind, value: proto.i == null ? 0n : bigintOf(proto.i), origin }
    case 'string':
      return { kind, value: proto.s ?? new Uint8Array(0), origin }
    case 'tensor':
      return { kind, value: readTensor(proto.t!, external, place), origin }
    case 'graph':
      return { kind, value: context.graph(proto.g!, place), origin }
    case 'floats':
      return { kind, value: proto.floats ?? [], origin }
    case 'ints':
      return { kind, value: (proto.ints ?? []).map(bigintOf), origin }
    case 'strings':
      return { kind, value: proto.strings ?? [], origin }
    case 'tensors':
      return { kind, value: (proto.tensors ?? []).map((tensor) => readTensor(tensor, external, place)), origin }
    case 'graphs':
      return { kind, value: (proto.graphs ?? []).map((graph) => context.graph(graph, place)), origin }
    case 'sparse_tensor':
      return { kind, value: checkedSparse(proto.sparse_tensor!, external, place), origin }
    case 'sparse_tensors': {
      const value = (proto.sparse_tensors ?? []).map((tensor) => checkedSparse(tensor, external, place))
      return { kind, value, origin }
    }
    case 'type_proto':
      return { kind, value: readType(proto.tp), origin }
    case 'type_protos':
      return { kind, value: (proto.type_protos ?? []).map(readType), origin }
  }
}

function checkedSparse(proto: SparseTensorProto, external: ExternalFiles, place: string): SparseTensorProto {
  readSparseTensor(proto, external, place)
  return proto
}

const fault = (place: string, what: string, remedy: string) => new UserError('invalid-node', place, what, remedy)

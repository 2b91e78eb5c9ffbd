import { type Dim, symbol, unknownDim } from '../ir/dim.js'
import { type DType, dtypeOfNumber, isFloat } from '../ir/dtype.js'
import { UserError } from '../ir/errors.js'
import { tensorType, type ValueType } from '../ir/type.js'
import { safeIntegerOf } from '../onnx/int64.js'
import type { Dimension, TensorShapeProto, TypeProto } from '../onnx/messages.js'
import { typeOrigins } from '../onnx/origins.js'

/** What a TypeProto says; undefined when it says nothing we know. Never fails: types of inner values are mere claims. */
export function readType(proto: TypeProto | null | undefined): ValueType | undefined {
  if (proto == null) return undefined
  const type = convert(proto)
  if (type !== undefined) typeOrigins.set(type, proto)
  return type
}

function convert(proto: TypeProto): ValueType | undefined {
  if (proto.tensor_type != null) {
    const dtype = dtypeOfNumber(proto.tensor_type.elem_type ?? 0)
    return dtype === undefined ? undefined : tensorType(dtype, readShape(proto.tensor_type.shape))
  }
  if (proto.sparse_tensor_type != null) {
    const dtype = dtypeOfNumber(proto.sparse_tensor_type.elem_type ?? 0)
    const dims = readShape(proto.sparse_tensor_type.shape)
    return dtype === undefined ? undefined : { kind: 'sparse-tensor', dtype, dims }
  }
  if (proto.sequence_type != null) return { kind: 'sequence', element: readType(proto.sequence_type.elem_type) }
  if (proto.optional_type != null) return { kind: 'optional', element: readType(proto.optional_type.elem_type) }
  if (proto.map_type != null) {
    const key = dtypeOfNumber(proto.map_type.key_type ?? 0)
    return key === undefined ? undefined : { kind: 'map', key, value: readType(proto.map_type.value_type) }
  }
  if (proto.opaque_type != null) {
    return { kind: 'opaque', domain: proto.opaque_type.domain ?? '', name: proto.opaque_type.name ?? '' }
  }
  return undefined
}

const readShape = (shape: TensorShapeProto | null | undefined): Dim[] | undefined =>
  shape == null ? undefined : (shape.dim ?? []).map(readDim)

/** Exporters write 0 and -1 for unknown sizes, and symbols such as `?`; neither is a size to compute with. */
function readDim(dim: Dimension): Dim {
  if (dim.dim_value != null) {
    const size = safeIntegerOf(dim.dim_value)
    return size === undefined || size <= 0 ? unknownDim() : size
  }
  const name = dim.dim_param ?? ''
  return /^\?*\d*$/.test(name) ? unknownDim() : symbol(name)
}

/** The type of an input or output of the main graph, which must be complete save for sizes. */
export function readInterfaceType(proto: TypeProto | null | undefined, place: string): ValueType {
  if (proto == null) throw typeError(place, 'has no type')
  checkComplete(proto, place)
  return readType(proto)!
}

function checkComplete(proto: TypeProto, place: string): void {
  if (proto.tensor_type != null) knownElement(proto.tensor_type.elem_type, place)
  else if (proto.sparse_tensor_type != null) knownElement(proto.sparse_tensor_type.elem_type, place)
  else if (proto.sequence_type != null) checkElement(proto.sequence_type.elem_type, place)
  else if (proto.optional_type != null) checkElement(proto.optional_type.elem_type, place)
  else if (proto.map_type != null) {
    const key = knownElement(proto.map_type.key_type, place)
    if (isFloat(key) || key === 'bool' || key.startsWith('complex')) throw typeError(place, `has ${key} map keys`)
    checkElement(proto.map_type.value_type, place)
  } else if (proto.opaque_type != null) {
    if ((proto.opaque_type.name ?? '') === '') throw typeError(place, 'has an opaque type without name')
  } else throw typeError(place, 'has a type of no known kind')
}

function checkElement(proto: TypeProto | null | undefined, place: string): void {
  if (proto == null) throw typeError(place, 'has a type without element type')
  checkComplete(proto, place)
}

function knownElement(number: number | null | undefined, place: string): DType {
  const dtype = dtypeOfNumber(number ?? 0)
  if (dtype === undefined) {
    throw typeError(place, number ? `has the unknown element type ${number}` : 'has no element type')
  }
  return dtype
}

const typeError = (place: string, what: string) =>
  new UserError('invalid-type', place, what, 'declare a complete type for every input and output of the graph')

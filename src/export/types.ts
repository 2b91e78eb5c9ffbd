import type { Dim } from '../ir/dim.js'
import { numberOfDtype } from '../ir/dtype.js'
import type { ValueType } from '../ir/type.js'
import { longOf } from '../onnx/int64.js'
import type { Dimension, TensorShapeProto, TypeProto } from '../onnx/messages.js'
import { typeOrigins } from '../onnx/origins.js'

/** The message of a type: the one it was read from, or a new one. */
export function typeProto(type: ValueType): TypeProto {
  return typeOrigins.get(type) ?? build(type)
}

function build(type: ValueType): TypeProto {
  switch (type.kind) {
    case 'tensor':
      return { tensor_type: { elem_type: numberOfDtype(type.dtype), ...shape(type.dims) } }
    case 'sparse-tensor':
      return { sparse_tensor_type: { elem_type: numberOfDtype(type.dtype), ...shape(type.dims) } }
    case 'sequence':
      return { sequence_type: element(type.element) }
    case 'optional':
      return { optional_type: element(type.element) }
    case 'map': {
      const value = type.value === undefined ? {} : { value_type: typeProto(type.value) }
      return { map_type: { key_type: numberOfDtype(type.key), ...value } }
    }
    case 'opaque':
      return { opaque_type: { domain: type.domain, name: type.name } }
  }
}

const element = (type: ValueType | undefined) => (type === undefined ? {} : { elem_type: typeProto(type) })

const shape = (dims: readonly Dim[] | undefined): { shape?: TensorShapeProto } =>
  dims === undefined ? {} : { shape: { dim: dims.map(dimension) } }

/** Anonymous unknowns stay unknown; expressions are written as symbols of their text. */
function dimension(dim: Dim): Dimension {
  if (typeof dim === 'number') return { dim_value: longOf(dim) }
  return dim.key.includes('?') ? {} : { dim_param: dim.key.startsWith('"') ? (JSON.parse(dim.key) as string) : dim.key }
}

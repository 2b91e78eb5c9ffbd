import { bitsOf, type DType } from '../ir/dtype.js'
import type { TensorProto } from '../onnx/messages.js'
import { countVarints, eachVarint, joinPacked, type PackedList, packedBytes } from '../onnx/packed.js'

/** The list fields of TensorProto that hold numbers. */
export const numericFields = ['float_data', 'int32_data', 'int64_data', 'double_data', 'uint64_data'] as const
export type NumericField = (typeof numericFields)[number]

/** The list field that elements of a dtype are written to. Source: ONNX TensorProto. */
export function fieldOf(dtype: DType): NumericField | 'string_data' {
  switch (dtype) {
    case 'string':
      return 'string_data'
    case 'float32':
    case 'complex64':
      return 'float_data'
    case 'float64':
    case 'complex128':
      return 'double_data'
    case 'int64':
      return 'int64_data'
    case 'uint32':
    case 'uint64':
      return 'uint64_data'
    default:
      return 'int32_data'
  }
}

/** Bytes in raw form that one entry of a list stands for: an element, half a complex one, or one byte of a sub-byte type. */
const entryBytes = (dtype: DType): number => {
  if (dtype === 'complex64') return 4
  if (dtype === 'complex128') return 8
  return Math.max(bitsOf(dtype) / 8, 1)
}

export const listOf = (proto: TensorProto, field: NumericField): PackedList => proto[field] ?? []

/** Bytes in raw form that a list stands for; undefined when it is malformed. */
export function rawSizeOfList(list: PackedList, field: NumericField, dtype: DType): number | undefined {
  const width = entryBytes(dtype)
  if (field === 'float_data' || field === 'double_data') {
    const size = packedBytes(list)
    return list.every((chunk) => chunk.byteLength % width === 0) ? size : undefined
  }
  const count = countVarints(list)
  return count === undefined ? undefined : count * width
}

/** The raw form (little endian) of a well-formed list. */
export function rawOfList(list: PackedList, field: NumericField, dtype: DType, byteLength: number): Uint8Array {
  if (field === 'float_data' || field === 'double_data') return joinPacked(list)
  const bytes = new Uint8Array(byteLength)
  const width = entryBytes(dtype)
  if (width === 1) eachVarint(list, (i, low) => (bytes[i] = dtype === 'bool' ? Number(low !== 0) : low))
  else if (width === 2) {
    const words = new Uint16Array(bytes.buffer)
    eachVarint(list, (i, low) => (words[i] = low))
  } else {
    const words = new Uint32Array(bytes.buffer)
    if (width === 4) eachVarint(list, (i, low) => (words[i] = low))
    else {
      eachVarint(list, (i, low, high) => {
        words[2 * i] = low
        words[2 * i + 1] = high
      })
    }
  }
  return bytes
}

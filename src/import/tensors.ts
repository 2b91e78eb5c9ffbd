import { bitsOf, type DType, dtypeOfNumber } from '../ir/dtype.js'
import { UserError } from '../ir/errors.js'
import { type ByteSource, Tensor } from '../ir/tensor.js'
import { bigintOf } from '../onnx/int64.js'
import { externalLocation, type TensorProto } from '../onnx/messages.js'
import { externalSources } from '../onnx/origins.js'
import { packedBytes } from '../onnx/packed.js'
import type { ExternalFiles } from './external.js'
import { fieldOf, listOf, type NumericField, numericFields, rawOfList, rawSizeOfList } from './typed-data.js'

/** The largest element count of a tensor. Source: ONNX dims are int64. */
const countLimit = 0x7fff_ffff_ffff_ffffn

/**
 * Checks a tensor message and gives it as a lazy view. Nothing is allocated before dims, type and content agree.
 * Source of the rules: ONNX TensorProto and the official checker.
 */
export function readTensor(proto: TensorProto, external: ExternalFiles, place: string): Tensor {
  const dtype = readElementType(proto, place)
  if (proto.segment != null) throw fault(place, 'is a segment of a larger tensor', 'save the whole tensor in one')
  const { dims, byteLength, count } = readDims(proto, dtype, place)
  if (proto.data_location === externalLocation) {
    if (dtype === 'string') throw fault(place, 'holds strings outside the file', 'save the strings in the model')
    if (dataFields(proto).length > 0) {
      throw fault(place, 'has content both inside and outside the file', 'keep one of them')
    }
    const source = external.source(proto.external_data ?? [], byteLength, place)
    externalSources.set(proto, source)
    return Tensor.fromSource(dtype, dims, source, proto)
  }
  if (proto.data_location) {
    throw fault(place, `has the unknown data location ${proto.data_location}`, 'save the tensor in the model')
  }
  checkContent(proto, dtype, dims, count, byteLength, place)
  if (dtype === 'string') return Tensor.fromStrings(dims, () => proto.string_data ?? [], proto)
  return Tensor.fromSource(dtype, dims, inlineSource(proto, dtype, byteLength), proto)
}

export function readElementType(proto: TensorProto, place: string): DType {
  const dtype = dtypeOfNumber(proto.data_type ?? 0)
  if (dtype === undefined) {
    const what = proto.data_type ? `has the unknown element type ${proto.data_type}` : 'has no element type'
    throw fault(place, what, 'give it an element type of the ONNX standard')
  }
  return dtype
}

interface Extent {
  readonly dims: readonly number[]
  readonly count: number
  /** In raw form; 0 for strings. */
  readonly byteLength: number
}

function readDims(proto: TensorProto, dtype: DType, place: string): Extent {
  const sizes = (proto.dims ?? []).map(bigintOf)
  return checkedExtent(sizes, dtype, place)
}

export function checkedExtent(sizes: readonly bigint[], dtype: DType, place: string): Extent {
  let count = 1n
  for (const size of sizes) {
    if (size < 0n) throw fault(place, `has the negative dim ${size}`, 'give dims of 0 or more')
    count *= size
    if (size > countLimit || count > countLimit) {
      throw fault(place, `has dims [${sizes.slice(0, 8)}], more elements than can be counted`, 'correct the dims')
    }
  }
  const byteLength = (count * BigInt(bitsOf(dtype)) + 7n) / 8n
  const isSafe = [...sizes, count, byteLength].every((size) => size <= BigInt(Number.MAX_SAFE_INTEGER))
  if (!isSafe) throw fault(place, `has dims [${sizes.slice(0, 8)}], too many elements`, 'correct the dims')
  return { dims: sizes.map(Number), count: Number(count), byteLength: Number(byteLength) }
}

/** Fields that hold content. */
function dataFields(proto: TensorProto): string[] {
  const fields: string[] = numericFields.filter((field) => packedBytes(listOf(proto, field)) > 0)
  if ((proto.string_data?.length ?? 0) > 0) fields.push('string_data')
  if (proto.raw_data != null && (proto.raw_data.byteLength > 0 || fields.length > 0)) fields.push('raw_data')
  return fields
}

function checkContent(
  proto: TensorProto,
  dtype: DType,
  dims: readonly number[],
  count: number,
  byteLength: number,
  place: string,
): void {
  const shape = `${dtype}[${dims}]`
  const fields = dataFields(proto)
  if (fields.length > 1) throw fault(place, `has content in ${fields.join(' and ')}`, 'keep one of them')
  const field = fields[0]
  if (field === undefined) {
    if (count === 0) return
    throw fault(place, `${shape} has no content`, 'save the model with its weights')
  }
  if (count === 0) throw fault(place, `${shape} has no elements, yet content`, 'correct the dims or drop the content')
  if (field === 'raw_data') {
    if (dtype === 'string') throw fault(place, 'holds strings as raw data', 'save them in string_data')
    checkSize(proto.raw_data!.byteLength, byteLength, 'bytes', `${shape} in raw_data`, place)
    return
  }
  if (field !== fieldOf(dtype)) {
    throw fault(place, `${dtype} elements lie in ${field}`, `save them in ${fieldOf(dtype)} or raw_data`)
  }
  if (field === 'string_data') {
    checkSize(proto.string_data!.length, count, 'strings', shape, place)
    return
  }
  const size = rawSizeOfList(listOf(proto, field as NumericField), field as NumericField, dtype)
  if (size === undefined) throw fault(place, `${field} is cut off`, 'fetch the file again')
  checkSize(size, byteLength, 'bytes', `${shape} in ${field}`, place)
}

function checkSize(actual: number, needed: number, unit: string, what: string, place: string): void {
  if (actual === needed) return
  const detail = `${what} needs ${needed} ${unit} and has ${actual}`
  throw fault(place, detail, 'correct the dims, or fetch the file again if it was cut off')
}

function inlineSource(proto: TensorProto, dtype: DType, byteLength: number): ByteSource {
  let raw = proto.raw_data?.byteLength ? proto.raw_data : undefined
  return {
    byteLength,
    read() {
      // Typed lists become raw bytes when somebody first looks at them.
      const field = fieldOf(dtype) as NumericField
      raw ??= rawOfList(listOf(proto, field), field, dtype, byteLength)
      return raw
    },
  }
}

const fault = (place: string, what: string, remedy: string) => new UserError('invalid-tensor', place, what, remedy)

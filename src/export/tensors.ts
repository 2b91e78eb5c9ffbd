import { basename } from 'node:path'
import { numberOfDtype } from '../ir/dtype.js'
import type { ByteSource, Tensor } from '../ir/tensor.js'
import { longOf } from '../onnx/int64.js'
import { changed, externalLocation, type SparseTensorProto, type TensorProto } from '../onnx/messages.js'
import { externalSources } from '../onnx/origins.js'

/** Tensor messages made here rather than read from a file. */
const madeHere = new WeakSet<TensorProto>()

/** Whether a message holds content that no file had: the weights a pass made. */
export const isNewTensor = (proto: TensorProto): boolean => madeHere.has(proto)

/** The message a sparse initializer was read from; undefined for tensors that are not one, or no longer. */
export function sparseOrigin(tensor: Tensor): SparseTensorProto | undefined {
  const origin = tensor.origin as SparseTensorProto | undefined
  return origin !== undefined && 'values' in origin ? origin : undefined
}

export function sparseTensorProto(origin: SparseTensorProto, name: string): SparseTensorProto {
  const { values } = origin
  return values == null || values.name === name ? origin : changed(origin, { values: renamed(values, name) })
}

/** The message of a tensor: the one it was read from while nobody changed it. `name` is undefined for attributes. */
export function tensorProto(tensor: Tensor, name?: string): TensorProto {
  const origin = sparseOrigin(tensor) === undefined ? (tensor.origin as TensorProto | undefined) : undefined
  if (origin !== undefined) return name === undefined || origin.name === name ? origin : renamed(origin, name)
  const proto: TensorProto = { dims: tensor.dims.map(longOf), data_type: numberOfDtype(tensor.dtype) }
  madeHere.add(proto)
  if (name !== undefined) proto.name = name
  const file = tensor.externalFile
  if (file !== undefined) refer(proto, { byteLength: tensor.byteLength, read: () => tensor.bytes(), file })
  else if (tensor.dtype === 'string') proto.string_data = [...tensor.strings()]
  else proto.raw_data = tensor.bytes()
  return proto
}

/** Content that lies in a file of its own stays there until the model is written. */
function refer(proto: TensorProto, source: Required<ByteSource>): void {
  proto.data_location = externalLocation
  proto.external_data = externalEntries(basename(source.file.path), source.file.offset, source.byteLength)
  externalSources.set(proto, source)
}

export const externalEntries = (location: string, offset: number, length: number) => [
  { key: 'location', value: location },
  { key: 'offset', value: String(offset) },
  { key: 'length', value: String(length) },
]

function renamed(proto: TensorProto, name: string): TensorProto {
  const copy = changed(proto, { name })
  const source = externalSources.get(proto)
  if (source !== undefined) externalSources.set(copy, source)
  return copy
}

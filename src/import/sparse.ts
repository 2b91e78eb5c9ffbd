import { bitsOf, byteSize } from '../ir/dtype.js'
import { UserError } from '../ir/errors.js'
import { type ByteSource, Tensor, volume } from '../ir/tensor.js'
import { bigintOf } from '../onnx/int64.js'
import type { SparseTensorProto } from '../onnx/messages.js'
import type { ExternalFiles } from './external.js'
import { checkedExtent, readTensor } from './tensors.js'

/** A dense form beyond this size is no longer what anybody meant by a small file. */
const denseLimit = 0x7fff_ffff

interface Sparse {
  readonly dims: readonly number[]
  /** [NNZ] */
  readonly values: Tensor
  /** Linear positions, row-major, strictly ascending. */
  readonly positions: () => Float64Array
}

/**
 * Checks a sparse tensor (coordinate form) and gives the dense one it stands for, made on first use.
 * Source: ONNX SparseTensorProto.
 */
export function readSparseTensor(proto: SparseTensorProto, external: ExternalFiles, place: string): Tensor {
  const { dims, values, positions } = check(proto, external, place)
  const { dtype } = values
  // A string costs at least a reference.
  const byteLength = dtype === 'string' ? volume(dims) * 8 : byteSize(dtype, volume(dims))
  if (byteLength > denseLimit) {
    const what = `stands for ${byteLength} bytes`
    throw new UserError('too-large', place, what, 'split the tensor: 2 GiB is the limit')
  }
  if (dtype === 'string') {
    return Tensor.fromStrings(dims, () => denseStrings(values.strings(), positions(), volume(dims)), proto)
  }
  let dense: Uint8Array | undefined
  const source: ByteSource = {
    byteLength,
    read() {
      dense ??= denseBytes(values, positions(), byteLength)
      return dense
    },
  }
  return Tensor.fromSource(dtype, dims, source, proto)
}

function check(proto: SparseTensorProto, external: ExternalFiles, place: string): Sparse {
  if (proto.values == null) throw fault(place, 'has no values', 'save the tensor with its values')
  const values = readTensor(proto.values, external, place)
  if (values.rank !== 1) throw fault(place, `has values of rank ${values.rank}`, 'values are a list')
  const sizes = (proto.dims ?? []).map(bigintOf)
  if (sizes.length === 0 || sizes.some((size) => size <= 0n)) {
    throw fault(place, `has the dense dims [${sizes}]`, 'give at least one dim, all of 1 or more')
  }
  const { dims } = checkedExtent(sizes, values.dtype, place)
  if (proto.indices == null) {
    if (values.size > 0) throw fault(place, 'has values without indices', 'save the tensor with its indices')
    return { dims, values, positions: () => new Float64Array(0) }
  }
  const indices = readTensor(proto.indices, external, `${place}, indices`)
  const isLinear = indices.rank === 1
  const isFitting = isLinear || (indices.rank === 2 && indices.dims[1] === dims.length)
  if (indices.dtype !== 'int64' || !isFitting || indices.dims[0] !== values.size) {
    const what = `has ${indices.dtype} indices [${indices.dims}] for ${values.size} values of rank ${dims.length}`
    throw fault(place, what, 'give int64 indices [values] or [values, rank]')
  }
  const positions = () => linearPositions(indices, dims, place)
  positions()
  return { dims, values, positions }
}

function linearPositions(indices: Tensor, dims: readonly number[], place: string): Float64Array {
  const entries = indices.array() as BigInt64Array
  const rank = indices.rank === 1 ? 1 : dims.length
  const limits = indices.rank === 1 ? [volume(dims)] : dims
  const positions = new Float64Array(indices.dims[0]!)
  let previous = -1
  for (let i = 0; i < positions.length; i++) {
    let position = 0
    for (let axis = 0; axis < rank; axis++) {
      const index = Number(entries[i * rank + axis]!)
      if (index < 0 || index >= limits[axis]!) throw fault(place, `has the index ${index}`, 'keep indices in range')
      position = position * limits[axis]! + index
    }
    if (position <= previous) throw fault(place, 'has indices that do not ascend', 'sort them and drop repeats')
    previous = position
    positions[i] = position
  }
  return positions
}

function denseBytes(values: Tensor, positions: Float64Array, byteLength: number): Uint8Array {
  const dense = new Uint8Array(byteLength)
  const source = values.bytes()
  const bits = bitsOf(values.dtype)
  if (bits >= 8) {
    const width = bits / 8
    for (let i = 0; i < positions.length; i++) {
      dense.set(source.subarray(i * width, (i + 1) * width), positions[i]! * width)
    }
    return dense
  }
  const perByte = 8 / bits
  const mask = (1 << bits) - 1
  for (let i = 0; i < positions.length; i++) {
    const element = (source[Math.floor(i / perByte)]! >> ((i % perByte) * bits)) & mask
    const position = positions[i]!
    dense[Math.floor(position / perByte)]! |= element << ((position % perByte) * bits)
  }
  return dense
}

function denseStrings(values: readonly Uint8Array[], positions: Float64Array, count: number): Uint8Array[] {
  const dense = new Array<Uint8Array>(count).fill(new Uint8Array(0))
  for (let i = 0; i < positions.length; i++) dense[positions[i]!] = values[i]!
  return dense
}

const fault = (place: string, what: string, remedy: string) => new UserError('invalid-tensor', place, what, remedy)

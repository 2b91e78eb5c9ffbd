import { bitsOf } from '../dtype.js'
import { Tensor, volume } from '../tensor.js'

/** Results larger than this are left to the runtime, or to nobody. Bytes. */
export const evaluationLimit = 1 << 20

/**
 * Builds a tensor of shape `dims` whose element at index (i0, i1, ...) is element offset + sum(ik * strides[k]) of the
 * source: every rearrangement that moves whole elements. undefined for sub-byte types and results over the limit.
 */
export function stridedCopy(
  source: Tensor,
  dims: readonly number[],
  strides: readonly number[],
  offset: number,
): Tensor | undefined {
  const count = volume(dims)
  const indices = (): Int32Array => {
    const list = new Int32Array(count)
    const index = new Array<number>(dims.length).fill(0)
    let at = offset
    for (let i = 0; i < count; i++) {
      list[i] = at
      for (let axis = dims.length - 1; axis >= 0; axis--) {
        index[axis]! += 1
        at += strides[axis]!
        if (index[axis]! < dims[axis]!) break
        at -= strides[axis]! * dims[axis]!
        index[axis] = 0
      }
    }
    return list
  }
  return copyElements(source, dims, count, indices)
}

/** A tensor of the source's elements at the given flat positions. */
export function copyElements(
  source: Tensor,
  dims: readonly number[],
  count: number,
  positions: () => Int32Array,
): Tensor | undefined {
  if (source.dtype === 'string') {
    if (count > 4096) return undefined
    const strings = source.strings()
    const picked = Array.from(positions(), (at) => strings[at]!)
    return Tensor.fromStrings(dims, () => picked)
  }
  const width = bitsOf(source.dtype) / 8
  if (width < 1 || count * width > evaluationLimit) return undefined
  const from = source.bytes()
  const to = new Uint8Array(count * width)
  const list = positions()
  for (let i = 0; i < count; i++) {
    const start = list[i]! * width
    for (let k = 0; k < width; k++) to[i * width + k] = from[start + k]!
  }
  return Tensor.fromBytes(source.dtype, dims, to)
}

/** Elements between neighbours along each axis, row-major. */
export function rowMajorStrides(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1)
  for (let axis = dims.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * dims[axis + 1]!
  return strides
}

/** Axis i of the result is axis perm[i] of the tensor. */
export function permuteTensor(tensor: Tensor, perm: readonly number[]): Tensor | undefined {
  const strides = rowMajorStrides(tensor.dims)
  return stridedCopy(
    tensor,
    perm.map((axis) => tensor.dims[axis]!),
    perm.map((axis) => strides[axis]!),
    0,
  )
}

/** The tensor broadcast to `dims` (same rank or higher). */
export function expandTensor(tensor: Tensor, dims: readonly number[]): Tensor | undefined {
  const own = rowMajorStrides(tensor.dims)
  const lead = dims.length - tensor.rank
  const strides = dims.map((_, i) => (i < lead || tensor.dims[i - lead] === 1 ? 0 : own[i - lead]!))
  return stridedCopy(tensor, dims, strides, 0)
}

import { bitsOf } from '../dtype.js'
import { Tensor, volume } from '../tensor.js'
import { evaluationLimit } from './strided-copy.js'

/** Joins tensors along an axis (negative counts from the back). undefined for strings, sub-byte types and large results. */
export function concatenate(tensors: readonly Tensor[], axis: number): Tensor | undefined {
  const first = tensors[0]!
  const at = axis < 0 ? axis + first.rank : axis
  const width = bitsOf(first.dtype) / 8
  const length = tensors.reduce((sum, { dims }) => sum + dims[at]!, 0)
  const dims = first.dims.map((dim, i) => (i === at ? length : dim))
  if (width < 1 || volume(dims) * width > evaluationLimit) return undefined
  const outer = volume(first.dims.slice(0, at))
  const inner = volume(first.dims.slice(at + 1)) * width
  const out = new Uint8Array(volume(dims) * width)
  let column = 0
  for (const tensor of tensors) {
    const bytes = tensor.bytes()
    const block = tensor.dims[at]! * inner
    for (let row = 0; row < outer; row++) {
      out.set(bytes.subarray(row * block, (row + 1) * block), row * length * inner + column)
    }
    column += block
  }
  return Tensor.fromBytes(first.dtype, dims, out)
}

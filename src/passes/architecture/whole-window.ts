import { constantOf } from '../../ir/constant.js'
import { type Dim, isStatic } from '../../ir/dim.js'
import type { Node } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'

/**
 * Whether a node's one window is the whole image, and what it makes of it: a pooling of all positions, or a convolution with
 * weights for each. Sizes are those of its input and output, batch and channels first.
 */
export function windowOverImage(
  node: Node,
  before: readonly Dim[],
  after: readonly Dim[],
): 'pooling' | 'weights' | undefined {
  const traits = contextOf(node)?.resolved.op.traits ?? []
  if (!after.slice(2).every((dim) => dim === 1)) return undefined
  const isWhole = (kernel: readonly number[] | undefined) =>
    kernel?.some((size) => size > 1) === true && kernel.every((size, i) => size === before[2 + i])
  if (traits.includes('convolution')) return isWhole(constantOf(node.inputs[1])?.dims.slice(2)) ? 'weights' : undefined
  return traits.includes('pool') && isWhole(node.ints('kernel_shape')) ? 'pooling' : undefined
}

/** The largest whole number of times that an axis of the image is longer than that of a feature map. */
export function largestStride(image: Dim, maps: readonly (readonly Dim[])[], axis: number): number {
  const ratios = maps.flatMap((dims) => {
    const size = dims.length === 4 ? dims[axis]! : 1
    return isStatic(image) && isStatic(size) && size > 1 && image % size === 0 ? [image / size] : []
  })
  return ratios.reduce((a, b) => Math.max(a, b), 1)
}

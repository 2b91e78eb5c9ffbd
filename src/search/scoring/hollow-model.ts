import { constantOf } from '../../ir/constant.js'
import { byteSize, isFloat } from '../../ir/dtype.js'
import type { Model } from '../../ir/graph.js'
import { Patch } from '../../ir/patch.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { cloneModel } from '../../passes/clone-model.js'

/**
 * A copy with zeros for weights, which take no memory until somebody reads them. What a rewrite costs depends on sizes
 * alone, and products of zeros are quick. Vectors and scalars stay: bounds of activations and the like are among them.
 */
export function hollowCopy(model: Model): Model {
  const copy = cloneModel(model)
  const patch = new Patch(copy)
  for (const node of copy.graph.nodes()) {
    for (const [index, value] of node.inputs.entries()) {
      const tensor = constantOf(value)
      if (tensor === undefined || tensor.rank < 2 || !isFloat(tensor.dtype)) continue
      patch.setConstant(node, index, zeros(tensor))
    }
  }
  return copy
}

function zeros({ dtype, dims }: Tensor): Tensor {
  const byteLength = byteSize(dtype, volume(dims))
  return Tensor.fromSource(dtype, dims, { byteLength, read: () => new Uint8Array(byteLength) })
}

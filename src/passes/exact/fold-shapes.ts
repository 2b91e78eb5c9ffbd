import { isStatic } from '../../ir/dim.js'
import type { DType } from '../../ir/dtype.js'
import { contextOf } from '../../ir/infer.js'
import { Tensor } from '../../ir/tensor.js'
import { dimsOf, dtypeOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { bypass } from './bypass.js'

/** Arithmetic on sizes that are known comes out as constants although the tensors measured are not: Shape, Size, Gather of a Shape. */
export const foldShapes = definePass({
  id: 'fold-shapes',
  kind: 'exact',
  rule: 'integers that follow from static shapes are constants',
  example: ['s = Shape(x)  # x is [1, 3, 8, 8]', 's = [1, 3, 8, 8]'],
  match(node) {
    const [output] = node.outputs
    const content = output?.content
    if (output === undefined || content === undefined || node.is('Constant') || node.hasSubgraphs) return null
    if (!content.every(isStatic) || node.outputs.slice(1).some((other) => other?.isUsed)) return null
    const traits = contextOf(node)?.resolved.op.traits
    if (traits === undefined || traits.includes('quantization') || traits.includes('random')) return null
    const dims = dimsOf(output.type)
    const tensor = dims?.every(isStatic)
      ? integerTensor(dtypeOf(output.type), content as number[], dims as number[])
      : undefined
    // A subgraph's output must be computed there.
    if (tensor === undefined || (output.isGraphOutput && node.graph.parent !== undefined)) return null
    return (patch) => {
      const value = patch.constant(node.graph, tensor, output.name)
      const rewrite = bypass(node, value)
      if (typeof rewrite === 'function') rewrite(patch)
    }
  },
})

function integerTensor(
  dtype: DType | undefined,
  values: readonly number[],
  dims: readonly number[],
): Tensor | undefined {
  switch (dtype) {
    case 'int64':
      return Tensor.int64(values, dims)
    case 'int32':
      return Tensor.fromArray('int32', dims, Int32Array.from(values))
    case 'bool':
      return Tensor.bool(values.map(Boolean), dims)
    default:
      return undefined
  }
}

import { isStatic } from '../../ir/dim.js'
import { dimsOf, dtypeOf } from '../../ir/type.js'
import { definePass } from '../define.js'

/**
 * MatMul of matrices and an Add behind it are one Gemm, when what is added fits the product from the right without making
 * it larger.
 */
export const matmulAddToGemm = definePass({
  id: 'matmul-add-to-gemm',
  kind: 'rounding',
  rule: 'A B + c = Gemm(A, B, c) for matrices',
  example: ['y = Add(MatMul(a, b), c)', 'y = Gemm(a, b, c)'],
  roots: ['Add'],
  match(node) {
    if (node.attributes.size > 0 || (node.graph.opsets.get('') ?? 0) < 7) return null
    const index = node.inputs.findIndex((input) => input?.producer?.is('MatMul') && input.soleUser === node)
    const product = node.inputs[index]
    const matmul = product?.producer
    const added = node.inputs[1 - index]
    if (product === undefined || matmul === undefined || added === undefined || matmul.graph !== node.graph) return null
    const [a, b] = matmul.inputs
    if (a === undefined || b === undefined || dimsOf(a.type)?.length !== 2 || dimsOf(b.type)?.length !== 2) return null
    const dtype = dtypeOf(a.type)
    if (dtype !== 'float32' && dtype !== 'float64' && dtype !== 'float16') return null
    const out = dimsOf(product.type)
    const shape = dimsOf(added.type)
    if (out === undefined || shape === undefined || shape.length > 2) return null
    const fits = shape.every((dim, i) => {
      const size = out[i + 2 - shape.length]!
      return dim === 1 || (isStatic(dim) ? dim === size : !isStatic(size) && dim.key === size.key)
    })
    if (!fits) return null
    return (patch) => {
      const gemm = patch.insertBefore(node, { opType: 'Gemm', inputs: [a, b, added], from: [node, matmul] })
      patch.replaceNode(node, gemm.outputs[0]!)
    }
  },
})

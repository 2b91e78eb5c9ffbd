import { type Dim, isStatic } from '../../ir/dim.js'
import type { Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { attr } from '../../ir/patch.js'
import { dimsOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { isWritable } from '../weights.js'

/**
 * MatMul of matrices, or Gemm without a C, and an Add behind it are one Gemm, when what is added fits the product without
 * making it larger.
 */
export const matmulAddToGemm = definePass({
  id: 'matmul-add-to-gemm',
  kind: 'rounding',
  rule: 'A B + c = Gemm(A, B, c) for matrices',
  example: ['y = Add(MatMul(a, b), c)', 'y = Gemm(a, b, c)'],
  roots: ['Add'],
  match(node) {
    if (node.attributes.size > 0 || (node.graph.opsets.get('') ?? 0) < 7) return null
    const index = node.inputs.findIndex((input) => input?.soleUser === node && isProduct(input.producer))
    const product = node.inputs[index]?.producer
    const added = node.inputs[1 - index]
    if (product === undefined || added === undefined || product.graph !== node.graph) return null
    const [a, b] = product.inputs
    if (a === undefined || b === undefined || dimsOf(a.type)?.length !== 2 || dimsOf(b.type)?.length !== 2) return null
    if (a.type?.kind !== 'tensor' || !isWritable(a.type.dtype)) return null
    if (!fits(dimsOf(added.type), dimsOf(node.inputs[index]!.type))) return null
    return (patch) => {
      const attributes = product.is('Gemm') ? Object.fromEntries(product.attributes) : {}
      delete attributes.beta
      const inputs = [a, b, added]
      const gemm = patch.insertBefore(node, { opType: 'Gemm', inputs, attributes, from: [node, product] })
      patch.replaceNode(node, gemm.outputs[0]!)
    }
  },
})

const isProduct = (node: Node | undefined): boolean =>
  node !== undefined && (node.is('MatMul') || (node.is('Gemm') && node.inputs[2] === undefined))

/** Whether a shape broadcasts to `out` from the right and leaves it as it is. */
function fits(shape: readonly Dim[] | undefined, out: readonly Dim[] | undefined): boolean {
  if (shape === undefined || out === undefined || shape.length > out.length) return false
  return shape.every((dim, i) => {
    const size = out[i + out.length - shape.length]!
    return dim === 1 || (isStatic(dim) ? dim === size : !isStatic(size) && dim.key === size.key)
  })
}

/** Gemm reads a matrix either way round, so a Transpose before it is an attribute. */
export const transposeIntoGemm = definePass({
  id: 'transpose-into-gemm',
  kind: 'rounding',
  rule: 'Gemm(transpose(A), B) = Gemm<transA=1>(A, B), likewise for B',
  example: ['y = Gemm(Transpose(a), b, c)', 'y = Gemm<transA=1>(a, b, c)'],
  roots: ['Gemm'],
  match(node) {
    if (!node.is('Gemm')) return null
    const sides = ['transA', 'transB'] as const
    const index = sides.findIndex((_, i) => isSwap(node.inputs[i], node))
    const name = sides[index]
    const source = node.inputs[index]?.producer?.inputs[0]
    if (name === undefined || source === undefined) return null
    const isTransposed = contextOf(node)?.context.int(name) === 1
    return (patch) => {
      patch.absorb(node, node.inputs[index]!.producer!)
      patch.setAttribute(node, name, isTransposed ? undefined : attr.int(1))
      patch.setInput(node, index, source)
    }
  },
})

/** A Transpose of a matrix that `user` alone takes. */
function isSwap(value: Value | undefined, user: Node): boolean {
  const node = value?.soleUser === user ? value.producer : undefined
  return node?.is('Transpose') === true && dimsOf(node.inputs[0]?.type)?.length === 2 && isSwapped(node)
}

const isSwapped = (node: Node): boolean => node.ints('perm', [1, 0]).join() === '1,0'

import { constantOf } from '../../ir/constant.js'
import { type DType, isInteger } from '../../ir/dtype.js'
import type { Attribute, Node } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { Tensor } from '../../ir/tensor.js'

/** What a kernel takes: data that arrive at run time, weights of which only the size counts, or a constant that steers it. */
export type Operand =
  | { readonly role: 'data' | 'weights'; readonly dtype: DType; readonly dims: readonly number[] }
  | { readonly role: 'literal'; readonly tensor: Tensor }

/** One node of a graph as a runtime runs it, free of the graph: what is rebuilt, resized and timed. */
export interface KernelSpec {
  readonly domain: string
  readonly opType: string
  readonly opsets: ReadonlyMap<string, number>
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly inputs: readonly (Operand | undefined)[]
  /** Which outputs somebody wants. */
  readonly outputs: readonly boolean[]
}

/** Constants up to this many elements are kept: shapes, axes, bounds, scales. */
const literalLimit = 64

/** Element type and sizes of a value at run time. */
export interface ConcreteType {
  readonly dtype: DType
  readonly dims: readonly number[]
}

/** A node as a spec, with the types that its inputs and outputs have at run time. undefined where an operand is no tensor. */
export function specOf(
  node: Node,
  typeOf: (input: number) => ConcreteType | undefined,
  outputOf: (output: number) => ConcreteType | undefined = () => undefined,
): KernelSpec | undefined {
  if (node.hasSubgraphs) return node.is('If') ? branch(node) : undefined
  const isResize = contextOf(node)?.resolved.op.traits.includes('resize') ?? false
  const steering = steeredBy(node, typeOf, outputOf)
  const inputs: (Operand | undefined)[] = []
  for (const [i, value] of node.inputs.entries()) {
    if (value === undefined) {
      inputs.push(undefined)
      continue
    }
    const tensor = constantOf(value)
    if (steering?.at === i && tensor === undefined) {
      inputs.push({ role: 'literal', tensor: steering.tensor })
      continue
    }
    if (tensor !== undefined) {
      const isSteering = isInteger(tensor.dtype) || isResize
      const isLiteral = tensor.size <= (isSteering ? literalLimit : 1) || tensor.dtype === 'string'
      const { dtype, dims } = tensor
      inputs.push(isLiteral ? { role: 'literal', tensor } : { role: 'weights', dtype, dims })
      continue
    }
    const type = typeOf(i)
    if (type === undefined) return undefined
    inputs.push({ role: 'data', ...type })
  }
  return {
    domain: node.domain,
    opType: node.opType,
    opsets: node.graph.opsets,
    attributes: node.attributes,
    inputs,
    outputs: node.outputs.map((output) => output !== undefined),
  }
}

/** An If with branches of next to nothing: what choosing costs. What is chosen are kernels of their own. */
const branch = (node: Node): KernelSpec => ({
  domain: '',
  opType: 'If',
  opsets: node.graph.opsets,
  attributes: new Map(),
  inputs: [{ role: 'data', dtype: 'bool', dims: [1] }],
  outputs: [true],
})

/** What an operand computed at run time must have been, told by the sizes of the result. */
function steeredBy(
  node: Node,
  typeOf: (input: number) => ConcreteType | undefined,
  outputOf: (output: number) => ConcreteType | undefined,
): { readonly at: number; readonly tensor: Tensor } | undefined {
  const [before, after] = [typeOf(0)?.dims, outputOf(0)?.dims]
  if (after === undefined) return undefined
  if (node.is('Reshape') || node.is('Expand')) return { at: 1, tensor: Tensor.int64(after) }
  if (node.is('ConstantOfShape')) return { at: 0, tensor: Tensor.int64(after) }
  if (node.is('OneHot')) return { at: 1, tensor: Tensor.int64([after.at(node.int('axis', -1))!], []) }
  if (node.is('Tile') && before !== undefined)
    return { at: 1, tensor: Tensor.int64(after.map((size, axis) => size / Math.max(1, before[axis] ?? 1))) }
  return undefined
}

export const dimsOfOperand = (operand: Operand): readonly number[] =>
  operand.role === 'literal' ? operand.tensor.dims : operand.dims

/** Two kernels with the same key are the same work. */
export function specKey(spec: KernelSpec): string {
  const operand = (each: Operand | undefined) => {
    if (each === undefined) return '-'
    if (each.role !== 'literal') return `${each.role[0]}${each.dtype}[${each.dims}]`
    const { tensor } = each
    return tensor.dtype === 'string' ? `s[${tensor.dims}]` : `${tensor.dtype}[${tensor.dims}]=${tensor.numbers()}`
  }
  const attributes = [...spec.attributes]
    .filter(([name]) => name !== 'doc_string')
    .map(([name, attribute]) => `${name}=${attributeText(attribute)}`)
    .sort()
  return `${spec.domain}.${spec.opType}(${spec.inputs.map(operand).join(';')}){${attributes.join(';')}}${spec.outputs.map(Number).join('')}`
}

function attributeText(attribute: Attribute): string {
  const { kind } = attribute
  if (kind === 'tensor') return `tensor[${attribute.value.dims}]`
  const value = (attribute as { value?: unknown }).value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  return typeof value === 'object' && !Array.isArray(value) && !ArrayBuffer.isView(value) ? kind : String(value)
}

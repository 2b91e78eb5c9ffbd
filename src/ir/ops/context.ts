import { constantOf } from '../constant.js'
import { type Dim, staticShape, unknownDim } from '../dim.js'
import { type DType, isInteger } from '../dtype.js'
import type { Attribute, Graph, Node, Value } from '../graph.js'
import { saturate, type Tensor } from '../tensor.js'
import { dimsOf, dtypeOf, type ValueType } from '../type.js'
import type { Signature } from './signature.js'

/** Element values are followed through tensors of at most this many elements. */
export const contentLimit = 1024

/** Where an analysis keeps what it knows of values: on the values themselves, or aside (function calls). */
export interface Knowledge {
  typeOf(value: Value): ValueType | undefined
  contentOf(value: Value): readonly Dim[] | undefined
  /** Infers a subgraph for the given input types; gives its output types. */
  inferSubgraph(graph: Graph, inputs: readonly (ValueType | undefined)[]): readonly (ValueType | undefined)[]
}

/** A shape rule that the model breaks. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
}

/** What an operator's functions see of one node: input types, constants, attributes with defaults applied. */
export class OpContext {
  readonly node: Node
  /** The since-version that applies. */
  readonly since: number
  readonly signature: Signature
  readonly #knowledge: Knowledge
  readonly #bindings: ReadonlyMap<string, Attribute> | undefined

  /** `bindings`: attributes of the calling node, when the node stands in a function body. */
  constructor(
    node: Node,
    since: number,
    signature: Signature,
    knowledge: Knowledge,
    bindings?: ReadonlyMap<string, Attribute>,
  ) {
    this.node = node
    this.since = since
    this.signature = signature
    this.#knowledge = knowledge
    this.#bindings = bindings
  }

  get inputCount(): number {
    return this.node.inputs.length
  }

  get outputCount(): number {
    return this.node.outputs.length
  }

  hasInput(index: number): boolean {
    return this.node.inputs[index] !== undefined
  }

  type(index: number): ValueType | undefined {
    const value = this.node.inputs[index]
    return value === undefined ? undefined : this.#knowledge.typeOf(value)
  }

  /** Sizes of an input's axes; undefined when omitted or of unknown rank. */
  dims(index: number): readonly Dim[] | undefined {
    return dimsOf(this.type(index))
  }

  dtype(index: number): DType | undefined {
    return dtypeOf(this.type(index))
  }

  rank(index: number): number | undefined {
    return this.dims(index)?.length
  }

  staticDims(index: number): number[] | undefined {
    return staticShape(this.dims(index))
  }

  /** Types of the outputs as inferred before; for macs and axes, which are asked afterwards. */
  outputDims(index: number): readonly Dim[] | undefined {
    const value = this.node.outputs[index]
    return value === undefined ? undefined : dimsOf(this.#knowledge.typeOf(value))
  }

  /** The constant content of an input that nobody can override. */
  constant(index: number): Tensor | undefined {
    const value = this.node.inputs[index]
    return value === undefined ? undefined : constantOf(value)
  }

  /** Element values of a small integer or bool input, row-major; symbolic where not constant; undefined when nothing is known. */
  content(index: number): readonly Dim[] | undefined {
    const value = this.node.inputs[index]
    if (value === undefined) return undefined
    const tensor = constantOf(value)
    return tensor === undefined ? this.#knowledge.contentOf(value) : contentOfTensor(tensor)
  }

  /** Element values when all of them are plain numbers. */
  numbers(index: number): number[] | undefined {
    return staticShape(this.content(index))
  }

  /** Number of elements of a rank-1 input: how many axes, pads, scales there are. */
  length(index: number): number | undefined {
    const dims = this.dims(index)
    return dims?.length === 1 && typeof dims[0] === 'number' ? dims[0] : undefined
  }

  attribute(name: string): Attribute | undefined {
    const attribute = this.node.attributes.get(name)
    return attribute?.kind === 'reference' ? this.#bindings?.get(attribute.value) : attribute
  }

  hasAttribute(name: string): boolean {
    return this.attribute(name) !== undefined
  }

  /** The attribute, else the signature's default, else undefined. */
  int(name: string): number | undefined {
    const attribute = this.attribute(name)
    if (attribute?.kind === 'int') return saturate(attribute.value)
    const absent = this.#default(name)
    return absent === undefined ? undefined : Number(absent)
  }

  float(name: string): number | undefined {
    const attribute = this.attribute(name)
    if (attribute?.kind === 'float') return attribute.value
    const absent = this.#default(name)
    return absent === undefined ? undefined : Number(absent)
  }

  text(name: string): string | undefined {
    const attribute = this.attribute(name)
    if (attribute?.kind === 'string') return Buffer.from(attribute.value).toString('utf8')
    const absent = this.#default(name)
    return absent === undefined ? undefined : (JSON.parse(absent) as string)
  }

  ints(name: string): number[] | undefined {
    const attribute = this.attribute(name)
    if (attribute?.kind === 'ints') return attribute.value.map(saturate)
    const absent = this.#default(name)
    return absent === undefined ? undefined : (JSON.parse(absent) as number[])
  }

  tensor(name: string): Tensor | undefined {
    const attribute = this.attribute(name)
    return attribute?.kind === 'tensor' ? attribute.value : undefined
  }

  graph(name: string): Graph | undefined {
    const attribute = this.attribute(name)
    return attribute?.kind === 'graph' ? attribute.value : undefined
  }

  inferSubgraph(graph: Graph, inputs: readonly (ValueType | undefined)[]): readonly (ValueType | undefined)[] {
    return this.#knowledge.inferSubgraph(graph, inputs)
  }

  /** What is known of any value, for operators that look into their subgraphs. */
  typeOf(value: Value): ValueType | undefined {
    return this.#knowledge.typeOf(value)
  }

  unknown(): Dim {
    return unknownDim()
  }

  /** Turns a negative axis into a position; throws ShapeError when it is out of range. */
  axis(axis: number, rank: number): number {
    const position = axis < 0 ? axis + rank : axis
    if (position < 0 || position >= rank) throw new ShapeError(`axis ${axis} is out of range for rank ${rank}`)
    return position
  }

  #default(name: string): string | undefined {
    return this.signature.attributes.get(name)?.default
  }
}

const contents = new WeakMap<Tensor, readonly number[]>()

/** The elements of a small integer or bool tensor as numbers; undefined for other tensors. */
export function contentOfTensor(tensor: Tensor): readonly number[] | undefined {
  if (!isInteger(tensor.dtype) && tensor.dtype !== 'bool') return undefined
  if (tensor.size > contentLimit) return undefined
  let content = contents.get(tensor)
  if (content === undefined) contents.set(tensor, (content = Array.from(tensor.numbers())))
  return content
}

import { bindDim, type Dim, unknownDim } from './dim.js'
import type { DType } from './dtype.js'
import type { Attribute, FunctionBody, Graph, Model, Node, Value } from './graph.js'
import { contentLimit, type Knowledge, OpContext, ShapeError } from './ops/context.js'
import { type ResolvedOp, resolveOp } from './ops/index.js'
import { dtypeOfTypeText, type Signature } from './ops/signature.js'
import { dimsOf, dtypeOf, tensorType, type ValueType } from './type.js'

/** A node whose declared rules do not fit its inputs: the model is inconsistent, or its claims lie. */
export interface InferenceProblem {
  readonly node: Node
  readonly message: string
}

/**
 * Infers types, dims and small integer contents of all values from graph inputs, constants and operator rules, and keeps
 * them in `Value.type` and `Value.content`. Claims of the file are taken only where nothing else speaks: for graph
 * inputs and for outputs of opaque nodes. Values of function bodies stay open, since every call may give them other types.
 */
export function inferTypes(model: Model): InferenceProblem[] {
  const problems: InferenceProblem[] = []
  new GraphInference(problems).graph(model.graph)
  return problems
}

/** Infers the outputs of one node anew, from what its inputs are known to be. Subgraphs included. */
export function inferNode(node: Node): void {
  if (node.graph.root.ownerFunction !== undefined) return
  new GraphInference([]).node(node)
}

/** The context operators' functions are asked with, on what `inferTypes` found. undefined for opaque nodes. */
export function contextOf(node: Node): { readonly resolved: ResolvedOp; readonly context: OpContext } | undefined {
  const resolved = resolveOp(node)
  if (resolved?.signature === undefined) return undefined
  return { resolved, context: new OpContext(node, resolved.since, resolved.signature, new GraphInference([])) }
}

/** How deep calls of functions by functions are followed. */
const callDepthLimit = 100

/** Inference over graphs; results are kept on the values. */
class GraphInference implements Knowledge {
  protected readonly problems: InferenceProblem[]
  protected readonly bindings: ReadonlyMap<string, Attribute> | undefined
  protected readonly depth: number

  constructor(problems: InferenceProblem[], bindings?: ReadonlyMap<string, Attribute>, depth = 0) {
    this.problems = problems
    this.bindings = bindings
    this.depth = depth
  }

  typeOf(value: Value): ValueType | undefined {
    if (value.tensor !== undefined && !value.isInput) return tensorType(value.tensor.dtype, value.tensor.dims)
    return value.type
  }

  contentOf(value: Value): readonly Dim[] | undefined {
    return value.content
  }

  protected set(value: Value, type: ValueType | undefined, content: readonly Dim[] | undefined): void {
    value.type = type
    value.content = content
  }

  graph(graph: Graph): void {
    for (const input of graph.inputs) {
      if (input.type === undefined) this.set(input, input.claim, undefined)
    }
    for (const initializer of graph.initializers) {
      const tensor = initializer.tensor
      // A default value that a caller may override still fixes nothing but what the input's claim says.
      if (tensor !== undefined && !initializer.isInput)
        this.set(initializer, tensorType(tensor.dtype, tensor.dims), undefined)
    }
    for (const node of graph.nodes()) this.node(node)
  }

  node(node: Node): void {
    const resolved = resolveOp(node)
    if (resolved?.signature === undefined) {
      this.#opaque(node)
      return
    }
    const context = new OpContext(node, resolved.since, resolved.signature, this, this.bindings)
    let types: readonly (ValueType | undefined)[] = []
    let contents: readonly (readonly Dim[] | undefined)[] = []
    try {
      types = outputTypes(resolved, context)
      contents = resolved.op.content?.(context) ?? []
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error
      this.problems.push({ node, message: error.message })
    }
    node.outputs.forEach((output, i) => {
      if (output !== undefined) this.set(output, types[i], checkedContent(types[i], contents[i]))
    })
  }

  inferSubgraph(graph: Graph, inputs: readonly (ValueType | undefined)[]): readonly (ValueType | undefined)[] {
    for (const [i, input] of graph.inputs.entries()) this.set(input, inputs[i] ?? input.claim, undefined)
    this.graph(graph)
    return graph.outputs.map((output) => this.typeOf(output))
  }

  #opaque(node: Node): void {
    // Subgraphs of an operator nobody knows: their inputs have the types the file claims.
    for (const subgraph of node.subgraphs()) this.inferSubgraph(subgraph, [])
    const body = node.graph.model.functionOf(node)
    const types = body === undefined || this.depth >= callDepthLimit ? [] : this.#call(node, body)
    node.outputs.forEach((output, i) => {
      if (output !== undefined) this.set(output, types[i] ?? output.claim, undefined)
    })
  }

  #call(node: Node, body: FunctionBody): readonly (ValueType | undefined)[] {
    const bindings = new Map<string, Attribute>()
    for (const [name, absent] of body.attributes) {
      const own = node.attributes.get(name)
      const given = own?.kind === 'reference' ? this.bindings?.get(own.value) : own
      const bound = given ?? absent
      if (bound !== undefined) bindings.set(name, bound)
    }
    const call = new CallInference(this.problems, bindings, this.depth + 1)
    const inputs = body.graph.inputs
    inputs.forEach((input, i) => {
      const argument = node.inputs[i]
      if (argument !== undefined) call.bind(input, this.typeOf(argument), this.contentOf(argument))
    })
    call.graph(body.graph)
    return body.graph.outputs.map((output) => call.typeOf(output))
  }
}

/** Inference of one call of a function: what is found is kept aside and forgotten. */
class CallInference extends GraphInference {
  readonly #types = new Map<Value, ValueType | undefined>()
  readonly #contents = new Map<Value, readonly Dim[] | undefined>()

  bind(value: Value, type: ValueType | undefined, content: readonly Dim[] | undefined): void {
    this.set(value, type, content)
  }

  override typeOf(value: Value): ValueType | undefined {
    if (value.isConstant) return super.typeOf(value)
    return this.#types.get(value)
  }

  override contentOf(value: Value): readonly Dim[] | undefined {
    return this.#contents.get(value)
  }

  protected override set(value: Value, type: ValueType | undefined, content: readonly Dim[] | undefined): void {
    this.#types.set(value, type)
    this.#contents.set(value, content)
  }

  override graph(graph: Graph): void {
    for (const initializer of graph.initializers) {
      if (initializer.tensor !== undefined) {
        this.set(initializer, tensorType(initializer.tensor.dtype, initializer.tensor.dims), undefined)
      }
    }
    for (const node of graph.nodes()) this.node(node)
  }
}

function outputTypes(resolved: ResolvedOp, context: OpContext): readonly (ValueType | undefined)[] {
  const { op } = resolved
  const special = op.types?.(context)
  const dims = special === undefined ? op.dims?.(context) : undefined
  const dtypes = op.dtypes?.(context)
  const bound = boundTypes(context)
  return context.node.outputs.map((output, i) => {
    if (output === undefined) return undefined
    if (special?.[i] !== undefined) return special[i]
    const formal = parameterAt(context.signature.outputs, i)
    if (formal === undefined) return undefined
    const dtype: DType | undefined =
      dtypes?.[i] ?? dtypeOf(bound.get(formal)) ?? dtypeOfTypeText(soleType(context.signature, formal))
    return dtype === undefined ? undefined : tensorType(dtype, dims?.[i])
  })
}

/** Type variable -> type of the first input that binds it. */
function boundTypes(context: OpContext): Map<string, ValueType> {
  const bound = new Map<string, ValueType>()
  for (let i = 0; i < context.inputCount; i++) {
    const formal = parameterAt(context.signature.inputs, i)
    const type = context.type(i)
    if (formal !== undefined && type !== undefined && !bound.has(formal)) bound.set(formal, type)
  }
  return bound
}

function parameterAt(parameters: Signature['inputs'], index: number): string | undefined {
  const parameter = parameters[index] ?? parameters.at(-1)
  if (parameter === undefined || (index >= parameters.length && parameter.option !== 'variadic')) return undefined
  return parameter.type
}

/** The type a parameter always has: written out, or a variable with one choice. */
function soleType(signature: Signature, type: string): string {
  const choices = signature.types.get(type)
  return choices === undefined ? type : choices.length === 1 ? choices[0]! : ''
}

/** Drops contents that are too long or do not fit the type: a wrong length would be a wrong shape later. */
function checkedContent(type: ValueType | undefined, content: readonly Dim[] | undefined): readonly Dim[] | undefined {
  const dims = dimsOf(type)
  if (content === undefined || dims === undefined || content.length > contentLimit) return undefined
  const expected = dims.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : Number.NaN), 1)
  return expected === content.length ? content : undefined
}

/** The type under sizes for some of its symbols. */
export function bindType(type: ValueType, bindings: ReadonlyMap<string, Dim>): ValueType {
  if (type.kind !== 'tensor' || type.dims === undefined) return type
  return tensorType(
    type.dtype,
    type.dims.map((dim) => bindDim(dim, bindings)),
  )
}

/** A tensor type of the given rank about whose sizes nothing is known. */
export const anyOfRank = (dtype: DType, rank: number): ValueType =>
  tensorType(dtype, Array.from({ length: rank }, unknownDim))

import { type Dim, symbol } from './dim.js'
import type { DType } from './dtype.js'
import { type Attribute, Graph, Model, type Node, Value } from './graph.js'
import { attr, Patch } from './patch.js'
import { Tensor } from './tensor.js'
import { tensorType } from './type.js'

/** Attribute values as plain data: whole numbers become ints, others floats; wrap with `attr` to be precise. */
export type PlainAttribute = number | string | readonly number[] | Tensor | Graph | Attribute

/** Builds a graph node by node. Made for tests and for small models of our own; real models come from files. */
export class GraphBuilder {
  readonly graph: Graph
  readonly #patch: Patch

  constructor(model: Model, name: string) {
    this.graph = new Graph(model, name)
    this.#patch = new Patch(model)
  }

  /** A graph input; a string dim is a symbol. */
  input(name: string, dtype: DType, dims: readonly (Dim | string)[]): Value {
    const value = new Value(this.graph, name)
    this.graph.model.claimName(name)
    value.isInput = true
    value.type = tensorType(
      dtype,
      dims.map((dim) => (typeof dim === 'string' ? symbol(dim) : dim)),
    )
    value.claim = value.type
    this.graph.inputs.push(value)
    return value
  }

  /** An initializer. */
  constant(tensor: Tensor, name = 'const'): Value {
    return this.#patch.constant(this.graph, tensor, name)
  }

  /** A node with one output. */
  op(opType: string, inputs: readonly (Value | undefined)[], attributes: Record<string, PlainAttribute> = {}): Value {
    return this.node(opType, inputs, attributes).outputs[0]!
  }

  /** A node; `domain.Type` for other domains than the standard one. */
  node(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: Record<string, PlainAttribute> = {},
    outputs = 1,
    domain = '',
  ): Node {
    const full = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, toAttribute(value)]))
    const node = this.#patch.append(this.graph, {
      opType,
      domain,
      inputs,
      outputs,
      attributes: full,
      name: opType,
      from: [],
    })
    node.provenance = [`#${node.id} ${opType}`]
    return node
  }

  /** Makes a value a graph output under a name, with a declared type (default: what was inferred). */
  output(value: Value, name?: string): void {
    if (name !== undefined) {
      value.name = name
      this.graph.model.claimName(name)
    }
    value.claim ??= value.type
    value.outputSlots += 1
    this.graph.outputs.push(value)
  }

  /** A graph for an attribute: If branches, Loop and Scan bodies. It sees the values built here so far. */
  subgraph(name: string, build: (inner: GraphBuilder) => void): Graph {
    const inner = new GraphBuilder(this.graph.model, name)
    build(inner)
    return inner.graph
  }
}

function toAttribute(value: PlainAttribute): Attribute {
  if (typeof value === 'number') return Number.isInteger(value) ? attr.int(value) : attr.float(value)
  if (typeof value === 'string') return attr.text(value)
  if (value instanceof Tensor) return attr.tensor(value)
  if (value instanceof Graph) return attr.graph(value)
  if (!Array.isArray(value)) return value as Attribute
  const numbers = value as readonly number[]
  return numbers.every(Number.isInteger) ? attr.ints(numbers) : attr.floats(numbers)
}

/** Versions of a model that is built in code; default: opset 17, IR 8. */
export interface BuildOptions {
  readonly opset?: number
  /** Further domains and their versions. */
  readonly domains?: Readonly<Record<string, number>>
  readonly irVersion?: number
}

/** A model built in code: `buildModel((g) => g.output(g.op('Relu', [g.input('x', 'float32', ['n', 3])]), 'y'))`. */
export function buildModel(build: (g: GraphBuilder) => void, options: BuildOptions = {}): Model {
  const { opset = 17, domains = {}, irVersion = 8 } = options
  const model = new Model(irVersion, new Map([['', opset], ...Object.entries(domains)]))
  const builder = new GraphBuilder(model, 'main')
  model.graph = builder.graph
  build(builder)
  return model
}

import { constantOf } from '../ir/constant.js'
import { bindDim, type Dim, staticShape, symbolsOf } from '../ir/dim.js'
import { bitsOf, type DType, isFloat } from '../ir/dtype.js'
import type { Model, Node, Value } from '../ir/graph.js'
import { contextOf } from '../ir/infer.js'
import type { Tensor } from '../ir/tensor.js'
import { dimsOf, dtypeOf } from '../ir/type.js'
import type { Activation } from './kernel.js'
import { precisionBytes } from './shape.js'
import type { Precision, Target } from './target.js'

/** Sizes of a model in numbers, where its file has symbols. */
export interface Binding {
  /** Sizes for symbols of the graph inputs; others are taken as 1. */
  readonly symbols?: ReadonlyMap<string, number>
}

/** Sizes of a model's values on a target, in numbers: symbols bound, floats in the format the target computes in. */
export class ConcreteSizes {
  readonly precision: Precision
  /** Sizes that had to be assumed. */
  readonly assumptions = new Set<string>()
  readonly #keepsFormats: boolean
  readonly #symbols: ReadonlyMap<string, number>

  constructor(model: Model, target: Target, binding: Binding) {
    this.#keepsFormats = target.defaultPrecision === 'model'
    this.#symbols = binding.symbols ?? new Map()
    this.precision = target.defaultPrecision === 'model' ? ownPrecision(model) : target.defaultPrecision
  }

  activation(value: Value): Activation {
    const dims = this.dims(value, value.producer)
    const elements = dims === undefined ? 0 : product(dims)
    if (dims === undefined) this.assumptions.add(`"${value.name}": unknown rank, taken as empty`)
    return { value, elements, bytes: elements * this.elementBytes(dtypeOf(value.type)) }
  }

  /** The deployed format; where models keep their own, that of the node's data. */
  precisionOf(node: Node): Precision {
    if (!this.#keepsFormats) return this.precision
    const dtypes = node.inputs.map((input) => constantOf(input)?.dtype ?? dtypeOf(input?.type))
    if (dtypes.some((dtype) => dtype === 'int8' || dtype === 'uint8')) return 'int8'
    const dtype = dtypes.find((each) => each !== undefined && isFloat(each))
    return dtype === 'float16' || dtype === 'bfloat16' ? dtype : 'float32'
  }

  /** Float data travel in the deployed format, everything else in its own. */
  elementBytes(dtype: DType | undefined): number {
    if (dtype !== undefined && this.#keepsFormats) return bitsOf(dtype) / 8
    if (dtype === undefined || (isFloat(dtype) && bitsOf(dtype) >= 16)) return precisionBytes[this.precision]
    return bitsOf(dtype) / 8
  }

  dims(value: Value | undefined, place: Node | undefined): number[] | undefined {
    if (value === undefined) return undefined
    const constant = constantOf(value)
    if (constant !== undefined) return [...constant.dims]
    return dimsOf(value.type)?.map((dim) => this.size(dim, place))
  }

  /** Elements of a constant that `node` takes as `operand`. */
  elementsOf(tensor: Tensor, _operand: Value, _node: Node): number {
    return tensor.size
  }

  /** An attribute that may hold the size of an axis. */
  int(node: Node, name: string, absent: number): number {
    return node.int(name, absent)
  }

  /** Multiply-accumulates of one run of a node. */
  macs(node: Node): number {
    const found = contextOf(node)
    return this.size(found?.resolved.op.macs?.(found.context) ?? 0, node)
  }

  size(dim: Dim, place: Node | undefined): number {
    if (typeof dim === 'number') return dim
    const bindings = new Map<string, Dim>()
    for (const name of symbolsOf(dim)) {
      const bound = this.#symbols.get(name)
      if (bound === undefined) {
        this.assumptions.add(
          name.startsWith('?') ? `${place?.label ?? 'input'}: a size that depends on data, taken as 1` : `${name} = 1`,
        )
      }
      bindings.set(name, bound ?? 1)
    }
    return Math.max(0, staticShape([bindDim(dim, bindings)])?.[0] ?? 1)
  }
}

export const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1)

/** The widest float format among the model's weights. */
function ownPrecision(model: Model): Precision {
  const seen = new Set<DType>()
  for (const initializer of model.graph.initializers) if (initializer.tensor) seen.add(initializer.tensor.dtype)
  if (seen.has('float32') || seen.has('float64')) return 'float32'
  if (seen.has('float16')) return 'float16'
  if (seen.has('bfloat16')) return 'bfloat16'
  return seen.has('int8') || seen.has('uint8') ? 'int8' : 'float32'
}

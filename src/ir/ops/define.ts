import type { Dim } from '../dim.js'
import type { DType } from '../dtype.js'
import type { Tensor } from '../tensor.js'
import type { ValueType } from '../type.js'
import type { OpContext } from './context.js'

/**
 * What passes may ask of an operator instead of asking for its name.
 *
 * - pointwise: element i of the output depends on element i of the (broadcast) inputs alone
 * - unary: pointwise in its first input; further inputs are parameters
 * - commutative: the order of two inputs does not matter
 * - monotonic: x <= y implies f(x) <= f(y), elementwise
 * - idempotent: f(f(x)) = f(x) with equal parameters
 * - finite-at-zero: gives a finite number where its inputs are zero (asked only where no other family says so)
 * - linear: f(a x + b y) = a f(x) + b f(y) in its first input (bias apart)
 * - movement: output elements are input elements, moved or repeated, never changed
 * - view: a movement that keeps row-major order (reshape and its like)
 * - reduction: collapses axes
 * - convolution, matmul, pool, normalization, activation, recurrent, attention, resize: families a cost model tells apart
 * - random: two runs differ
 * - quantization: carries the meaning of a number format; never folded, never moved across
 * - control-flow: holds subgraphs that may run zero or many times
 * - container: makes or takes sequences, optionals, maps
 */
export type Trait =
  | 'pointwise'
  | 'unary'
  | 'commutative'
  | 'monotonic'
  | 'idempotent'
  | 'non-negative'
  | 'finite-at-zero'
  | 'linear'
  | 'movement'
  | 'view'
  | 'reduction'
  | 'convolution'
  | 'matmul'
  | 'pool'
  | 'normalization'
  | 'activation'
  | 'recurrent'
  | 'attention'
  | 'resize'
  | 'random'
  | 'quantization'
  | 'control-flow'
  | 'container'

type PerOutput<T> = readonly (T | undefined)[]

/** One operator: everything the rest of the program knows of it. Shapes are symbolic throughout. */
export interface OpDeclaration {
  /** '' for the standard domain. */
  readonly domain: string
  readonly type: string
  /** By since-version: the signature line (signature.ts), or 'deprecated' where a node of that version is invalid. */
  readonly signatures: Readonly<Record<number, string>>
  readonly traits: readonly Trait[]

  /** Dims of each output; undefined: rank unknown. Without it nothing is known of the outputs' shapes. */
  readonly dims?: (c: OpContext) => PerOutput<readonly Dim[]>
  /** Dtypes of outputs that the signature's type variables leave open. */
  readonly dtypes?: (c: OpContext) => PerOutput<DType>
  /** Whole output types; only where outputs are not plain tensors or depend on subgraphs. Overrides dims and dtypes. */
  readonly types?: (c: OpContext) => PerOutput<ValueType>
  /** Element values (row-major) of small integer or bool outputs, symbolic where they must be: shape arithmetic. */
  readonly content?: (c: OpContext) => PerOutput<readonly Dim[]>
  /** Output tensors where evaluation is trivial and bit-exact; all inputs present are constants. undefined: leave it to the runtime. */
  readonly evaluate?: (c: OpContext) => readonly Tensor[] | undefined
  /** Multiply-accumulates of one run. Absent: none. */
  readonly macs?: (c: OpContext) => Dim | undefined
  /**
   * Which axes of inputs, weights and outputs are one, in einops words: `n c h w, (c m) 1 i j, (c m) -> n (c m) y x`.
   *
   * One list of axes per value, inputs in order, omitted inputs as `_`; a name that occurs twice is one axis: cut it once,
   * cut it everywhere. `(a b)` one axis that is the product of two, a outer; `(a+b)` a concatenation; `1` a broadcast axis;
   * `c!` an axis whose positions the operator addresses or lets compete, so that nothing of it can go; `c~` one that it takes
   * statistics over: a cut changes the other elements, and an element that is zero is not as if it were not there. A name that
   * no output has is summed over, so that zeros do not count. null: unknown, cut nothing. Source of the notation: einops.
   */
  readonly axes?: (c: OpContext) => string | null
  /** Attributes and inputs that hold sizes of axes: what has to be written anew when these change. */
  readonly sizes?: (c: OpContext) => readonly AxisSizes[]
}

/** Sizes or offsets within an attribute (int or ints), or within an input that is a list of integers. */
export interface AxisSizes {
  readonly at: { readonly attribute: string } | { readonly input: number }
  /** By element, an axis in the names of `axes`: `c`, `(l+c)`. undefined: the element says something else, or follows by itself. */
  readonly words: readonly (string | undefined)[]
  /** An attribute that goes when the sizes are written out. */
  readonly replaces?: string
}

/** What `defineOp` takes: the domain is the standard one and there are no traits unless told. */
export type OpSpec = Omit<OpDeclaration, 'domain' | 'traits'> & Partial<Pick<OpDeclaration, 'domain' | 'traits'>>

export const defineOp = (spec: OpSpec): OpDeclaration => ({ domain: '', traits: [], ...spec })

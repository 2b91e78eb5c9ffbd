import type { DType } from '../dtype.js'
import { Tensor, type TypedArray, volume } from '../tensor.js'
import type { OpContext } from './context.js'

/** Constant arithmetic, only where JavaScript gives the very bits the runtime gives. Anything else is left to the runtime. */

/** Larger results are not worth a loop here. */
const sizeLimit = 1 << 16

type Binary = 'add' | 'sub' | 'mul' | 'div'
type Unary = 'neg' | 'abs' | 'sqrt' | 'reciprocal' | 'floor' | 'ceil'

const onNumbers: Readonly<Record<Binary, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
}

const onBigInts: Readonly<Record<Binary, (a: bigint, b: bigint) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
}

/** float32, float64 (correctly rounded in JavaScript too), int32, int64 (wrap around). */
export function evaluateBinary(c: OpContext, op: Binary): readonly Tensor[] | undefined {
  const a = c.constant(0)
  const b = c.constant(1)
  if (
    a === undefined ||
    b === undefined ||
    a.dtype !== b.dtype ||
    c.hasAttribute('axis') ||
    c.hasAttribute('broadcast')
  )
    return undefined
  const plan = broadcastPlan(a.dims, b.dims)
  if (plan === undefined || volume(plan.dims) > sizeLimit) return undefined
  const size = volume(plan.dims)
  if (a.dtype === 'float32' || a.dtype === 'float64') {
    const [x, y] = [a.numbers(), b.numbers()]
    const f = onNumbers[op]
    const out = a.dtype === 'float32' ? new Float32Array(size) : new Float64Array(size)
    for (let i = 0; i < size; i++) out[i] = f(x[plan.left(i)]!, y[plan.right(i)]!)
    return [Tensor.fromArray(a.dtype, plan.dims, out)]
  }
  if (a.dtype !== 'int64' && a.dtype !== 'int32') return undefined
  const [x, y] = [a.array(), b.array()]
  const f = onBigInts[op]
  const out = a.dtype === 'int64' ? new BigInt64Array(size) : new Int32Array(size)
  for (let i = 0; i < size; i++) {
    const divisor = BigInt(y[plan.right(i)]!)
    if (op === 'div' && divisor === 0n) return undefined
    const value = f(BigInt(x[plan.left(i)]!), divisor)
    if (out instanceof BigInt64Array) out[i] = BigInt.asIntN(64, value)
    else out[i] = Number(BigInt.asIntN(32, value))
  }
  return [Tensor.fromArray(a.dtype, plan.dims, out)]
}

const unary: Readonly<Record<Unary, (value: number) => number>> = {
  neg: (value) => -value,
  abs: Math.abs,
  sqrt: Math.sqrt,
  reciprocal: (value) => 1 / value,
  floor: Math.floor,
  ceil: Math.ceil,
}

/** Operators that IEEE 754 rounds correctly, on float32 and float64. */
export function evaluateUnary(c: OpContext, op: Unary): readonly Tensor[] | undefined {
  const tensor = c.constant(0)
  if (tensor === undefined || tensor.size > sizeLimit) return undefined
  const f = unary[op]
  if (tensor.dtype === 'float32')
    return [Tensor.fromArray('float32', tensor.dims, Float32Array.from(tensor.numbers(), f))]
  if (tensor.dtype === 'float64')
    return [Tensor.fromArray('float64', tensor.dims, Float64Array.from(tensor.numbers(), f))]
  if (tensor.dtype !== 'int64' || (op !== 'neg' && op !== 'abs')) return undefined
  const values = tensor.array() as BigInt64Array
  const g = (value: bigint) => (op === 'neg' || value < 0n ? BigInt.asIntN(64, -value) : value)
  return [Tensor.fromArray('int64', tensor.dims, BigInt64Array.from(values, g))]
}

/** Between integers, bool and float where every value keeps its value or rounds once, to nearest. */
export function evaluateCast(c: OpContext, to: DType | undefined): readonly Tensor[] | undefined {
  const tensor = c.constant(0)
  if (tensor === undefined || to === undefined || tensor.size > sizeLimit) return undefined
  if (tensor.dtype === to) return [Tensor.fromBytes(to, tensor.dims, tensor.bytes())]
  const isPlain = ['int64', 'int32', 'bool', 'float32', 'float64', 'uint8', 'int8'].includes(tensor.dtype)
  if (!isPlain) return undefined
  const values = tensor.numbers()
  // int64 beyond 2^53 would round twice.
  if (tensor.dtype === 'int64' && Array.from(values).some((value) => Math.abs(value) > Number.MAX_SAFE_INTEGER - 1))
    return undefined
  const out = castArray(values, to)
  return out === undefined ? undefined : [Tensor.fromArray(to, tensor.dims, out)]
}

function castArray(values: ArrayLike<number>, to: DType): TypedArray | undefined {
  const all = (fits: (value: number) => boolean) => Array.from(values).every(fits)
  switch (to) {
    case 'float32':
      return Float32Array.from(values)
    case 'float64':
      return Float64Array.from(values)
    case 'bool':
      return Uint8Array.from(values, (value) => Number(value !== 0))
    case 'int64':
      return all((value) => Math.abs(value) < 2 ** 52)
        ? BigInt64Array.from(Array.from(values), (value) => BigInt(Math.trunc(value)))
        : undefined
    case 'int32':
      return all((value) => Math.abs(value) < 2 ** 31) ? Int32Array.from(values, Math.trunc) : undefined
    default:
      return undefined
  }
}

interface BroadcastPlan {
  readonly dims: readonly number[]
  readonly left: (index: number) => number
  readonly right: (index: number) => number
}

/** Index maps from the output to both operands. */
function broadcastPlan(a: readonly number[], b: readonly number[]): BroadcastPlan | undefined {
  const rank = Math.max(a.length, b.length)
  const full = (dims: readonly number[]) => [...new Array<number>(rank - dims.length).fill(1), ...dims]
  const [x, y] = [full(a), full(b)]
  const dims = x.map((dim, i) => (dim === 1 ? y[i]! : dim))
  if (dims.some((dim, i) => (x[i] !== 1 && x[i] !== dim) || (y[i] !== 1 && y[i] !== dim))) return undefined
  return { dims, left: indexMap(x, dims), right: indexMap(y, dims) }
}

function indexMap(dims: readonly number[], out: readonly number[]): (index: number) => number {
  if (volume(dims) === 1) return () => 0
  if (dims.every((dim, i) => dim === out[i])) return (index) => index
  const strides = new Array<number>(dims.length).fill(0)
  let stride = 1
  for (let i = dims.length - 1; i >= 0; i--) {
    strides[i] = dims[i] === 1 ? 0 : stride
    stride *= dims[i]!
  }
  return (index) => {
    let rest = index
    let at = 0
    for (let i = out.length - 1; i >= 0; i--) {
      at += (rest % out[i]!) * strides[i]!
      rest = Math.floor(rest / out[i]!)
    }
    return at
  }
}

import { type Dim, dimsEqual, exactDiv, floorDivDims, productOfDims, unknownDim } from '../dim.js'
import { axisNames } from './broadcast.js'
import { type OpContext, ShapeError } from './context.js'

/** Output dims of Reshape: sizes, 0 for the input's (unless allowzero), -1 for what is left. Source: ONNX Reshape, opsets 1 to 25. */
export function reshapeDims(c: OpContext): readonly Dim[] | undefined {
  const input = c.dims(0)
  const target: readonly Dim[] | undefined = c.ints('shape') ?? c.content(1)
  if (target === undefined) {
    const rank = c.length(1)
    return rank === undefined ? undefined : Array.from({ length: rank }, () => unknownDim())
  }
  const copiesZero = c.int('allowzero') !== 1
  const dims = target.map((size, i): Dim | undefined => {
    if (size === -1) return undefined
    if (size === 0 && copiesZero) {
      if (input !== undefined && i >= input.length)
        throw new ShapeError(`0 at position ${i} copies an axis that is not there`)
      return input?.[i] ?? unknownDim()
    }
    return size
  })
  const open = dims.indexOf(undefined)
  if (open < 0) return dims as Dim[]
  if (dims.indexOf(undefined, open + 1) >= 0) throw new ShapeError('two sizes of -1')
  dims[open] =
    input === undefined
      ? unknownDim()
      : remaining(
          input,
          dims.filter((dim) => dim !== undefined),
        )
  return dims as Dim[]
}

/** What is left of the input's elements for the -1, common factors cancelled first. */
function remaining(input: readonly Dim[], others: readonly Dim[]): Dim {
  const rest = [...input]
  const divisors: Dim[] = []
  for (const other of others) {
    const at = rest.findIndex((dim) => dimsEqual(dim, other))
    if (at >= 0 && rest[at] !== 0) rest.splice(at, 1)
    else divisors.push(other)
  }
  const total = productOfDims(rest)
  const divisor = productOfDims(divisors)
  if (divisor === 0) return unknownDim()
  const exact = exactDiv(total, divisor)
  if (exact !== undefined) return exact
  if (typeof total === 'number' && typeof divisor === 'number')
    throw new ShapeError(`${total} elements do not divide by ${divisor}`)
  // The quotient is whole in every valid run, so floor is the quotient.
  return typeof divisor === 'number' ? floorDivDims(total, divisor) : unknownDim()
}

/** `a b c -> a (b c)`: matches runs of input axes with runs of output axes of the same product. null when sizes are not clear. */
export function reshapeAxes(c: OpContext): string | null {
  const input = c.dims(0)
  const output = c.outputDims(0)
  if (input === undefined || output === undefined) return null
  const names = axisNames(input.length)
  const left: string[] = []
  const right: string[] = []
  let i = 0
  let k = 0
  while (i < input.length || k < output.length) {
    let inEnd = i + 1
    let outEnd = k + 1
    if (i >= input.length || k >= output.length) {
      // Trailing axes of size 1 on one side.
      const rest = i < input.length ? input.slice(i) : output.slice(k)
      if (rest.some((dim) => dim !== 1)) return null
      ;(i < input.length ? left : right).push(...rest.map(() => '1'))
      break
    }
    if (input[i] === 1 && output[k] !== 1) {
      left.push('1')
      i += 1
      continue
    }
    if (output[k] === 1 && input[i] !== 1) {
      right.push('1')
      k += 1
      continue
    }
    let a = input[i]!
    let b = output[k]!
    while (!dimsEqual(a, b)) {
      if (typeof a !== 'number' || typeof b !== 'number') return null
      if (a < b && inEnd < input.length) a = productOfDims(input.slice(i, ++inEnd))
      else if (b < a && outEnd < output.length) b = productOfDims(output.slice(k, ++outEnd))
      else return null
    }
    const single = inEnd - i === 1 && outEnd - k === 1
    if (single) {
      left.push(names[i]!)
      right.push(names[i]!)
    } else if (inEnd - i === 1) {
      const parts = Array.from({ length: outEnd - k }, (_, n) => `${names[i]}${n}`)
      left.push(`(${parts.join(' ')})`)
      right.push(...parts)
    } else if (outEnd - k === 1) {
      const parts = names.slice(i, inEnd)
      left.push(...parts)
      right.push(`(${parts.join(' ')})`)
    } else return null
    i = inEnd
    k = outEnd
  }
  const others = c.node.inputs.slice(1).map(() => '_')
  return `${[left.join(' '), ...others].join(', ')} -> ${right.join(' ')}`
}

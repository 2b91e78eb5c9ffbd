import { type Dim, dimsEqual, isStatic, mulDims, productOfDims, unknownDim } from '../dim.js'
import { broadcastDims } from './broadcast.js'
import { type OpContext, ShapeError } from './context.js'

interface Equation {
  readonly operands: readonly string[]
  readonly output: string
}

/** `bij,bjk->bik`; without an arrow the output is every letter that occurs once, in alphabetical order, after the ellipsis. */
function parseEquation(c: OpContext): Equation | undefined {
  const text = c.text('equation')?.replaceAll(' ', '')
  if (text === undefined) return undefined
  const [left, right] = text.split('->')
  const operands = left!.split(',').map((term) => term.replace('...', '.'))
  if (right !== undefined) return { operands, output: right.replace('...', '.') }
  const letters = [...operands.join('').replaceAll('.', '')].sort()
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter))
  return { operands, output: `${operands.some((term) => term.includes('.')) ? '.' : ''}${once.join('')}` }
}

/** Size of every letter, and the broadcast dims of the ellipsis; undefined when a rank is unknown. */
function sizesOf(
  c: OpContext,
  { operands }: Equation,
): { letters: Map<string, Dim>; ellipsis: readonly Dim[] } | undefined {
  const letters = new Map<string, Dim>()
  let ellipsis: readonly Dim[] = []
  for (const [i, term] of operands.entries()) {
    const dims = c.dims(i)
    if (dims === undefined) return undefined
    const named = term.replace('.', '').length
    if (term.includes('.') ? dims.length < named : dims.length !== named)
      throw new ShapeError(`"${term}" does not fit rank ${dims.length}`)
    const extra = dims.length - named
    let at = 0
    for (const letter of term) {
      if (letter === '.') {
        ellipsis = broadcastDims(ellipsis, dims.slice(at, at + extra)) ?? []
        at += extra
        continue
      }
      const size = dims[at++]!
      const known = letters.get(letter)
      if (known === undefined || known === 1 || (!isStatic(known) && isStatic(size) && size !== 1))
        letters.set(letter, size)
      else if (!dimsEqual(known, size) && !isStatic(known) && !isStatic(size)) letters.set(letter, unknownDim())
    }
  }
  return { letters, ellipsis }
}

export function einsumDims(c: OpContext): readonly Dim[] | undefined {
  const equation = parseEquation(c)
  const sizes = equation === undefined ? undefined : sizesOf(c, equation)
  if (equation === undefined || sizes === undefined) return undefined
  return [...equation.output].flatMap((letter) =>
    letter === '.' ? sizes.ellipsis : [sizes.letters.get(letter) ?? unknownDim()],
  )
}

/** One multiplication per combination of all letters, for two operands or more. */
export function einsumMacs(c: OpContext): Dim | undefined {
  const equation = parseEquation(c)
  if (equation === undefined || equation.operands.length < 2) return 0
  const sizes = sizesOf(c, equation)
  return sizes === undefined
    ? undefined
    : mulDims(productOfDims([...sizes.letters.values()]), productOfDims(sizes.ellipsis))
}

export function einsumAxes(c: OpContext): string | null {
  const equation = parseEquation(c)
  if (equation === undefined || equation.operands.some((term) => term.includes('.'))) return null
  const spaced = (term: string) => [...term].join(' ')
  return `${equation.operands.map(spaced).join(', ')} -> ${spaced(equation.output)}`
}

/**
 * The language of `OpDeclaration.axes`, parsed: which axes of operands and results are one.
 *
 * `n (g c) h!, (g o) c k!, (g o) -> n (g o) ho`; see `OpDeclaration.axes` for what the marks mean. `l:3` names an axis whose
 * size no operand tells.
 */
export interface AxisWords {
  /** One list of axes per input slot; undefined: `_`, nothing is said of that operand. */
  readonly inputs: readonly (readonly AxisTerm[] | undefined)[]
  readonly outputs: readonly (readonly AxisTerm[] | undefined)[]
}

/** One axis: a named one, the product of several (the first outermost), a concatenation, or one of size 1. */
export type AxisTerm =
  | {
      readonly kind: 'name'
      readonly name: string
      readonly mark: AxisMark | undefined
      readonly size: number | undefined
    }
  | { readonly kind: 'product'; readonly terms: readonly AxisTerm[] }
  | { readonly kind: 'sum'; readonly terms: readonly AxisTerm[] }
  | { readonly kind: 'one' }

/** `!`: elements are addressed or compete, nothing may be cut. `~`: statistics are taken over it, a cut changes them. */
export type AxisMark = '!' | '~'

const parsed = new Map<string, AxisWords>()

/** Parses what an operator says of its axes (cached). Throws on a malformed declaration: that is our bug. */
export function parseAxisWords(text: string): AxisWords {
  let words = parsed.get(text)
  if (words === undefined) {
    const [left, right] = text.split('->')
    if (left === undefined || right === undefined) throw new Error(`axes without "->": ${text}`)
    parsed.set(text, (words = { inputs: operands(left), outputs: operands(right) }))
  }
  return words
}

/** One axis by itself: `(l+c)`, as `OpDeclaration.sizes` writes it. */
export function parseAxisTerm(text: string): AxisTerm {
  const [term, ...rest] = new TermParser(text).terms(undefined)
  if (term === undefined || rest.length > 0) throw new Error(`"${text}" is not one axis`)
  return term
}

const operands = (text: string) =>
  text.split(',').map((part) => (part.trim() === '_' ? undefined : new TermParser(part).terms(undefined)))

class TermParser {
  readonly #tokens: string[]
  #at = 0

  constructor(text: string) {
    this.#tokens = text.match(/[A-Za-z]\w*(:\d+)?[!~]?|1|[()+]/g) ?? []
    if (this.#tokens.join('') !== text.replaceAll(' ', '')) throw new Error(`malformed axes: ${text}`)
  }

  /** Terms up to `end`; undefined: up to the end of the text. */
  terms(end: string | undefined): AxisTerm[] {
    const terms: AxisTerm[] = []
    for (;;) {
      const token = this.#tokens[this.#at++]
      if (token === end) return terms
      if (token === undefined) throw new Error(`"${end}" is missing in axes`)
      terms.push(this.#term(token))
    }
  }

  #term(token: string): AxisTerm {
    if (token === '1') return { kind: 'one' }
    if (token === '(') return this.#group()
    const [, name, size, mark] = /^(\w+)(?::(\d+))?([!~])?$/.exec(token) ?? []
    if (name === undefined) throw new Error(`"${token}" is no axis`)
    return {
      kind: 'name',
      name,
      mark: mark as AxisMark | undefined,
      size: size === undefined ? undefined : Number(size),
    }
  }

  /** `(a b)` or `(a+b)`; parentheses nest. */
  #group(): AxisTerm {
    const first = this.#term(this.#tokens[this.#at++]!)
    const isSum = this.#tokens[this.#at] === '+'
    const terms = [first]
    for (;;) {
      const token = this.#tokens[this.#at++]
      if (token === ')') break
      if (token === undefined) throw new Error('")" is missing in axes')
      if (isSum && token !== '+') throw new Error('"+" is missing in axes')
      terms.push(this.#term(isSum ? this.#tokens[this.#at++]! : token))
    }
    return terms.length === 1 ? first : { kind: isSum ? 'sum' : 'product', terms }
  }
}

/** The names in a term, outermost first. */
export function* namesIn(term: AxisTerm): Generator<AxisTerm & { readonly kind: 'name' }> {
  if (term.kind === 'name') yield term
  else if (term.kind !== 'one') for (const inner of term.terms) yield* namesIn(inner)
}

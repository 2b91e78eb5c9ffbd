/**
 * Symbolic dimensions: integer polynomials over symbols and floor-division atoms, in a canonical form, so that two
 * equal expressions have equal keys. A dimension that is a plain number stays a number.
 */

/** One factor of a monomial: a named symbol, or floor(numerator / denominator) kept as an atom. */
interface Atom {
  readonly key: string
  readonly floor?: { readonly numerator: SymbolicDim; readonly denominator: Dim }
}

interface Term {
  readonly atoms: readonly Atom[]
  readonly coefficient: number
}

/** A polynomial with at least one non-constant term. Immutable; compare by `key`. */
export class SymbolicDim {
  readonly terms: readonly Term[]
  readonly key: string

  constructor(terms: readonly Term[]) {
    this.terms = terms
    this.key = terms.map(termText).join('+').replaceAll('+-', '-')
  }

  toString(): string {
    return this.key
  }
}

/** Size of an axis in elements. */
export type Dim = number | SymbolicDim

const termKey = (atoms: readonly Atom[]) => atoms.map((atom) => atom.key).join('*')

function termText(term: Term): string {
  if (term.atoms.length === 0) return String(term.coefficient)
  const product = termKey(term.atoms)
  if (term.coefficient === 1) return product
  return term.coefficient === -1 ? `-${product}` : `${term.coefficient}*${product}`
}

function canonical(terms: Iterable<Term>): Dim {
  const merged = new Map<string, Term>()
  for (const term of terms) {
    const key = termKey(term.atoms)
    const sum = (merged.get(key)?.coefficient ?? 0) + term.coefficient
    if (sum === 0) merged.delete(key)
    else merged.set(key, { atoms: term.atoms, coefficient: sum })
  }
  if (merged.size === 0) return 0
  const constant = merged.get('')
  if (merged.size === 1 && constant !== undefined) return constant.coefficient
  // The constant comes last; the rest in the order of their keys.
  const ordered = [...merged].sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1))
  return new SymbolicDim(ordered.map(([, term]) => term))
}

const termsOf = (dim: Dim): readonly Term[] => (typeof dim === 'number' ? [{ atoms: [], coefficient: dim }] : dim.terms)

/** The symbol of that name. Equal names are equal sizes all over a model. */
export const symbol = (name: string): SymbolicDim =>
  new SymbolicDim([{ atoms: [{ key: /^[\w?.]+$/.test(name) ? name : JSON.stringify(name) }], coefficient: 1 }])

let freshCount = 0
/** A size about which nothing is known; equal only to itself. */
export const unknownDim = (): SymbolicDim => symbol(`?${++freshCount}`)

export const isStatic = (dim: Dim): dim is number => typeof dim === 'number'

export const addDims = (a: Dim, b: Dim): Dim =>
  typeof a === 'number' && typeof b === 'number' ? a + b : canonical([...termsOf(a), ...termsOf(b)])

export function mulDims(a: Dim, b: Dim): Dim {
  // + 0: there is no negative zero among sizes.
  if (typeof a === 'number' && typeof b === 'number') return a * b + 0
  const product: Term[] = []
  for (const x of termsOf(a)) {
    for (const y of termsOf(b)) {
      const atoms = [...x.atoms, ...y.atoms].sort((p, q) => (p.key < q.key ? -1 : p.key > q.key ? 1 : 0))
      product.push({ atoms, coefficient: x.coefficient * y.coefficient })
    }
  }
  return canonical(product)
}

export const subDims = (a: Dim, b: Dim): Dim => addDims(a, mulDims(b, -1))

export const productOfDims = (dims: readonly Dim[]): Dim => dims.reduce<Dim>(mulDims, 1)

/** a / b when b divides every term of a; undefined otherwise. */
export function exactDiv(a: Dim, b: Dim): Dim | undefined {
  if (b === 0) return undefined
  if (typeof a === 'number' && typeof b === 'number') return a % b === 0 ? a / b + 0 : undefined
  if (dimsEqual(a, b)) return 1
  const divisors = termsOf(b)
  if (divisors.length !== 1) {
    // (k * p) / p for a polynomial p: try the ratio of the leading coefficients.
    const ratio = termsOf(a)[0]!.coefficient / divisors[0]!.coefficient
    return Number.isInteger(ratio) && dimsEqual(mulDims(b, ratio), a) ? ratio : undefined
  }
  const divisor = divisors[0]!
  const quotient: Term[] = []
  for (const term of termsOf(a)) {
    if (term.coefficient % divisor.coefficient !== 0) return undefined
    const atoms = [...term.atoms]
    for (const atom of divisor.atoms) {
      const at = atoms.findIndex((candidate) => candidate.key === atom.key)
      if (at < 0) return undefined
      atoms.splice(at, 1)
    }
    quotient.push({ atoms, coefficient: term.coefficient / divisor.coefficient })
  }
  return canonical(quotient)
}

/** floor(a / b). Terms that b divides leave the atom, so floor((4 n + 3) / 2) is 2 n + 1. */
export function floorDivDims(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number' && b !== 0) return Math.floor(a / b) + 0
  const whole: Term[] = []
  const rest: Term[] = []
  for (const term of termsOf(a)) {
    const quotient = exactDiv(canonical([term]), b)
    if (quotient !== undefined) whole.push(...termsOf(quotient))
    else if (typeof b === 'number' && b > 0) {
      const high = Math.floor(term.coefficient / b)
      if (high !== 0) whole.push({ atoms: term.atoms, coefficient: high })
      rest.push({ atoms: term.atoms, coefficient: term.coefficient - high * b })
    } else rest.push(term)
  }
  const remainder = canonical(rest)
  if (typeof remainder === 'number' && typeof b === 'number' && b !== 0) {
    return addDims(canonical(whole), Math.floor(remainder / b))
  }
  if (remainder === 0) return canonical(whole)
  const numerator = typeof remainder === 'number' ? new SymbolicDim(termsOf(remainder)) : remainder
  const atom: Atom = { key: `floor((${numerator.key})/(${String(b)}))`, floor: { numerator, denominator: b } }
  return addDims(canonical(whole), new SymbolicDim([{ atoms: [atom], coefficient: 1 }]))
}

export const ceilDivDims = (a: Dim, b: Dim): Dim => mulDims(floorDivDims(mulDims(a, -1), b), -1)

/** True when both are the same for every value of the symbols; false when that is not known. */
export const dimsEqual = (a: Dim, b: Dim): boolean =>
  typeof a === 'number' || typeof b === 'number' ? a === b : a.key === b.key

export const shapesEqual = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((dim, i) => dimsEqual(dim, b[i]!))

/** The dims as numbers; undefined when one is symbolic. */
export function staticShape(dims: readonly Dim[] | undefined): number[] | undefined {
  return dims?.every(isStatic) ? (dims as number[]).slice() : undefined
}

/** Replaces symbols by sizes. Symbols without a binding stay. */
export function bindDim(dim: Dim, bindings: ReadonlyMap<string, Dim>): Dim {
  if (typeof dim === 'number') return dim
  let sum: Dim = 0
  for (const term of dim.terms) {
    let product: Dim = term.coefficient
    for (const atom of term.atoms) {
      let factor: Dim
      if (atom.floor === undefined) {
        factor = bindings.get(atom.key) ?? new SymbolicDim([{ atoms: [atom], coefficient: 1 }])
      } else {
        factor = floorDivDims(bindDim(atom.floor.numerator, bindings), bindDim(atom.floor.denominator, bindings))
      }
      product = mulDims(product, factor)
    }
    sum = addDims(sum, product)
  }
  return sum
}

/** The symbol names a dim depends on, `?n` unknowns included. */
export function symbolsOf(dim: Dim, into: Set<string> = new Set()): Set<string> {
  if (typeof dim === 'number') return into
  for (const term of dim.terms) {
    for (const atom of term.atoms) {
      if (atom.floor === undefined) into.add(atom.key)
      else {
        symbolsOf(atom.floor.numerator, into)
        symbolsOf(atom.floor.denominator, into)
      }
    }
  }
  return into
}

/** True when nothing in the dim is an anonymous unknown. */
export const isKnown = (dim: Dim): boolean => [...symbolsOf(dim)].every((name) => !name.startsWith('?'))

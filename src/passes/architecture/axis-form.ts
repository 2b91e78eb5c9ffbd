import { addDims, type Dim, dimsEqual, exactDiv, isStatic, mulDims } from '../../ir/dim.js'
import type { Pin } from './pin.js'

/**
 * What an axis is made of. A `Run` is a run of positions that stay or go independently of all others; an axis is a run, a
 * concatenation of forms, or the product of several (the first outermost, as in a flattened axis). A position of a product
 * stays when all its factors stay.
 *
 * Forms are unified: two axes that an operator couples become one form. A run that turns out to be made of parts points to
 * them, so that every axis that holds it follows (union-find, with refinement instead of mere union).
 */
export type AxisForm = Run | Sum | Product

export interface Sum {
  readonly kind: 'sum'
  readonly parts: readonly AxisForm[]
}

export interface Product {
  readonly kind: 'product'
  readonly factors: readonly AxisForm[]
}

export class Run {
  readonly kind = 'run'
  readonly size: Dim
  /** What it turned out to be; read through `resolve`. */
  form: AxisForm | undefined
  /** Why nothing of it may be cut. */
  pin: Pin | undefined
  /** Why a cut changes more than the elements that go. */
  approximation: Pin | undefined

  constructor(size: Dim) {
    this.size = size
    this.form = undefined
    this.pin = undefined
    this.approximation = undefined
  }
}

/** The form as it is known by now: nested sums and products are flat, factors of size 1 and empty parts are gone. */
export function resolve(form: AxisForm): AxisForm {
  switch (form.kind) {
    case 'run': {
      if (form.form === undefined) return form
      const resolved = resolve(form.form)
      form.form = resolved
      return resolved
    }
    case 'sum':
      return sumOf(form.parts)
    case 'product':
      return productOf(form.factors)
  }
}

/** A concatenation; parts of size 0 are left out. */
export function sumOf(parts: readonly AxisForm[]): AxisForm {
  const flat = parts.flatMap((part) => {
    const resolved = resolve(part)
    return resolved.kind === 'sum' ? resolved.parts : sizeOf(resolved) === 0 ? [] : [resolved]
  })
  if (flat.length === 0) return new Run(0)
  return flat.length === 1 ? flat[0]! : { kind: 'sum', parts: flat }
}

/** A product; factors of size 1 are left out, since they never go. */
export function productOf(factors: readonly AxisForm[]): AxisForm {
  const flat = factors.flatMap((factor) => {
    const resolved = resolve(factor)
    return resolved.kind === 'product' ? resolved.factors : sizeOf(resolved) === 1 ? [] : [resolved]
  })
  if (flat.length === 0) return resolve(factors[0] ?? new Run(1))
  return flat.length === 1 ? flat[0]! : { kind: 'product', factors: flat }
}

export function sizeOf(form: AxisForm): Dim {
  switch (form.kind) {
    case 'run':
      return form.size
    case 'sum':
      return form.parts.reduce<Dim>((sum, part) => addDims(sum, sizeOf(part)), 0)
    case 'product':
      return form.factors.reduce<Dim>((product, factor) => mulDims(product, sizeOf(factor)), 1)
  }
}

/** The runs that a form is made of, in order; a run that occurs twice is given twice. */
export function runsOf(form: AxisForm): Run[] {
  const resolved = resolve(form)
  if (resolved.kind === 'run') return [resolved]
  return (resolved.kind === 'sum' ? resolved.parts : resolved.factors).flatMap(runsOf)
}

export function pinForm(form: AxisForm, pin: Pin): void {
  for (const run of runsOf(form)) run.pin ??= pin
}

export function approximateForm(form: AxisForm, why: Pin): void {
  for (const run of runsOf(form)) run.approximation ??= why
}

/**
 * Makes two forms one, refining both as far as needed. False when they do not agree in size, or are made up in ways that have
 * no common refinement (`(3 2)` and `(2 3)`): the caller then pins both, since what was unified so far is sound but not enough.
 */
export function unify(left: AxisForm, right: AxisForm): boolean {
  const a = resolve(left)
  const b = resolve(right)
  if (a === b) return true
  if (!dimsEqual(sizeOf(a), sizeOf(b))) return false
  if (a.kind === 'run') return become(a, b)
  if (b.kind === 'run') return become(b, a)
  if (a.kind === 'sum') return b.kind === 'sum' ? unifySums(a, b) : unifySumWithProduct(a, b)
  return b.kind === 'sum' ? unifySumWithProduct(b, a) : unifyProducts(a, b)
}

function become(run: Run, form: AxisForm): boolean {
  const inner = runsOf(form)
  if (inner.includes(run)) return false
  run.form = form
  for (const each of inner) {
    each.pin ??= run.pin
    each.approximation ??= run.approximation
  }
  return true
}

/** Walks both from the front; where a boundary of one lies within a part of the other, that part is split. */
function unifySums(a: Sum, b: Sum): boolean {
  const left = [...a.parts]
  const right = [...b.parts]
  while (left.length > 0 && right.length > 0) {
    const [x, y] = [left.shift()!, right.shift()!]
    const [sx, sy] = [sizeOf(x), sizeOf(y)]
    if (!dimsEqual(sx, sy)) {
      if (!isStatic(sx) || !isStatic(sy)) return false
      const parts = sx < sy ? split(y, sx) : split(x, sy)
      if (parts === undefined) return false
      if (sx < sy) {
        left.unshift(x)
        right.unshift(...parts)
      } else {
        left.unshift(...parts)
        right.unshift(y)
      }
    } else if (!unify(x, y)) return false
  }
  return left.length === 0 && right.length === 0
}

/** Outermost factors first; the larger one is factored by the smaller. */
function unifyProducts(a: Product, b: Product): boolean {
  const left: AxisForm[] = [...a.factors]
  const right: AxisForm[] = [...b.factors]
  while (left.length > 0 && right.length > 0) {
    const [x, y] = [left.shift()!, right.shift()!]
    const [sx, sy] = [sizeOf(x), sizeOf(y)]
    if (dimsEqual(sx, sy)) {
      if (!unify(x, y)) return false
      continue
    }
    const inner = exactDiv(sx, sy) ?? exactDiv(sy, sx)
    if (inner === undefined) return false
    const isLeftLarger = exactDiv(sx, sy) !== undefined
    const factors = isLeftLarger ? factor(x, sy, inner) : factor(y, sx, inner)
    if (factors === undefined) return false
    if (isLeftLarger) {
      left.unshift(...factors)
      right.unshift(y)
    } else {
      left.unshift(x)
      right.unshift(...factors)
    }
  }
  return left.length === 0 && right.length === 0
}

/**
 * `(a+b)` = `(k r)`: where a part is a whole number of rows of r, k is cut there and the part is its rows. Parts that share
 * a row must all lie in it: the row is their concatenation.
 */
function unifySumWithProduct(sum: Sum, product: Product): boolean {
  let rows = product.factors[0]!
  const row = productOf(product.factors.slice(1))
  const rowSize = sizeOf(row)
  if (!isStatic(rowSize)) return false
  const parts = [...sum.parts]
  while (parts.length > 0) {
    const part = parts.shift()!
    const size = sizeOf(part)
    if (!isStatic(size)) return false
    const whole = Math.floor(size / rowSize) * rowSize
    if (whole === 0) {
      const filled = fillRow(part, size, rowSize, parts)
      const halves = split(rows, 1)
      if (filled === undefined || halves === undefined || !unify(filled, row)) return false
      rows = halves[1]
    } else {
      const pieces = whole === size ? [part] : split(part, whole)
      const halves = split(rows, whole / rowSize)
      if (pieces === undefined || halves === undefined) return false
      if (pieces[1] !== undefined) parts.unshift(pieces[1])
      if (!unify(pieces[0]!, productOf([halves[0], row]))) return false
      rows = halves[1]
    }
  }
  return true
}

/** Takes parts off the front until `first` and they fill one row, splitting the last one. */
function fillRow(first: AxisForm, size: number, rowSize: number, parts: AxisForm[]): AxisForm | undefined {
  const taken = [first]
  let filled = size
  while (filled < rowSize) {
    const next = parts.shift()
    const nextSize = next === undefined ? undefined : sizeOf(next)
    if (next === undefined || !isStatic(nextSize!)) return undefined
    if (filled + nextSize > rowSize) {
      const pieces = split(next, rowSize - filled)
      if (pieces === undefined) return undefined
      taken.push(pieces[0])
      parts.unshift(pieces[1])
      filled = rowSize
    } else {
      taken.push(next)
      filled += nextSize
    }
  }
  return sumOf(taken)
}

/** The first `at` positions and the others; undefined where the boundary lies within a row of a product. */
export function split(form: AxisForm, at: number): [AxisForm, AxisForm] | undefined {
  const resolved = resolve(form)
  const size = sizeOf(resolved)
  if (at === 0) return [new Run(0), resolved]
  if (dimsEqual(size, at)) return [resolved, new Run(0)]
  if (!isStatic(size) || at > size) return undefined
  switch (resolved.kind) {
    case 'run':
      return refine(resolved, 'sum', new Run(at), new Run(size - at))
    case 'sum': {
      let offset = 0
      for (const [i, part] of resolved.parts.entries()) {
        const end = offset + (sizeOf(part) as number)
        if (at < end) {
          const pieces = split(part, at - offset)
          if (pieces === undefined) return undefined
          return [sumOf([...resolved.parts.slice(0, i), pieces[0]]), sumOf([pieces[1], ...resolved.parts.slice(i + 1)])]
        }
        offset = end
      }
      return undefined
    }
    case 'product': {
      const row = productOf(resolved.factors.slice(1))
      const rows = exactDiv(at, sizeOf(row))
      const halves = rows === undefined || !isStatic(rows) ? undefined : split(resolved.factors[0]!, rows)
      return halves === undefined ? undefined : [productOf([halves[0], row]), productOf([halves[1], row])]
    }
  }
}

/** The form as `outer` times `inner` positions; undefined where it is made up otherwise. */
function factor(form: AxisForm, outer: Dim, inner: Dim): [AxisForm, AxisForm] | undefined {
  const resolved = resolve(form)
  switch (resolved.kind) {
    case 'run':
      return refine(resolved, 'product', new Run(outer), new Run(inner))
    case 'product': {
      const [first, rest] = [resolved.factors[0]!, productOf(resolved.factors.slice(1))]
      const size = sizeOf(first)
      if (dimsEqual(size, outer)) return [first, rest]
      const more = exactDiv(outer, size)
      if (more !== undefined) {
        const halves = factor(rest, more, inner)
        return halves === undefined ? undefined : [productOf([first, halves[0]]), halves[1]]
      }
      const left = exactDiv(size, outer)
      const halves = left === undefined ? undefined : factor(first, outer, left)
      return halves === undefined ? undefined : [halves[0], productOf([halves[1], rest])]
    }
    case 'sum':
      return isStatic(outer) && isStatic(inner) ? stack(resolved, outer, inner) : undefined
  }
}

/** A concatenation read as rows: all rows must be one form, and none of them may go. */
function stack(sum: Sum, count: number, rowSize: number): [AxisForm, AxisForm] | undefined {
  let rest: AxisForm = sum
  let row: AxisForm | undefined
  for (let i = 0; i < count; i++) {
    const pieces = split(rest, rowSize)
    if (pieces === undefined || (row !== undefined && !unify(row, pieces[0]))) return undefined
    row ??= pieces[0]
    rest = pieces[1]
  }
  const rows = new Run(count)
  rows.pin = { reason: 'joined-parts', remedy: 'cut what is within the parts: they are stacked and then taken apart' }
  return [rows, row!]
}

function refine(run: Run, kind: 'sum' | 'product', first: Run, second: Run): [AxisForm, AxisForm] {
  for (const part of [first, second]) {
    part.pin = run.pin
    part.approximation = run.approximation
  }
  run.form = kind === 'sum' ? { kind, parts: [first, second] } : { kind, factors: [first, second] }
  return [first, second]
}

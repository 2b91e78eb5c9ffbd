import { type Dim, dimsEqual, shapesEqual, unknownDim } from './dim.js'
import type { DType } from './dtype.js'

/** Type of a value. Tensor dims undefined: rank unknown. A dim nobody knows is an anonymous symbol. */
export type ValueType =
  | TensorType
  | { readonly kind: 'sparse-tensor'; readonly dtype: DType; readonly dims?: readonly Dim[] | undefined }
  | { readonly kind: 'sequence'; readonly element: ValueType | undefined }
  | { readonly kind: 'optional'; readonly element: ValueType | undefined }
  | { readonly kind: 'map'; readonly key: DType; readonly value: ValueType | undefined }
  | { readonly kind: 'opaque'; readonly domain: string; readonly name: string }

/** Element type and sizes of a tensor, as far as they are known. */
export interface TensorType {
  readonly kind: 'tensor'
  readonly dtype: DType
  /** Sizes in elements, outermost first; undefined when the rank is unknown. */
  readonly dims?: readonly Dim[] | undefined
}

/** The type of a tensor; without `dims` its rank is unknown. */
export const tensorType = (dtype: DType, dims?: readonly Dim[]): TensorType => ({ kind: 'tensor', dtype, dims })

/** Sizes of a tensor type, outermost first; undefined where the rank is unknown or the type is no tensor. */
export const dimsOf = (type: ValueType | undefined): readonly Dim[] | undefined =>
  type?.kind === 'tensor' || type?.kind === 'sparse-tensor' ? type.dims : undefined

/** Element type of a tensor type; undefined where the type is none. */
export const dtypeOf = (type: ValueType | undefined): DType | undefined =>
  type?.kind === 'tensor' || type?.kind === 'sparse-tensor' ? type.dtype : undefined

/** The most precise type that holds for both: equal dims stay, others become unknown; undefined when kinds differ. */
export function joinTypes(a: ValueType | undefined, b: ValueType | undefined): ValueType | undefined {
  if (a === undefined || b === undefined || a.kind !== b.kind) return undefined
  if ((a.kind === 'tensor' || a.kind === 'sparse-tensor') && (b.kind === 'tensor' || b.kind === 'sparse-tensor')) {
    if (a.dtype !== b.dtype) return undefined
    if (a.dims === undefined || b.dims === undefined || a.dims.length !== b.dims.length) {
      return { kind: a.kind, dtype: a.dtype }
    }
    const other = b.dims
    return { ...a, dims: a.dims.map((dim, i) => (dimsEqual(dim, other[i]!) ? dim : unknownDim())) }
  }
  if (a.kind === 'sequence' && b.kind === 'sequence') return { ...a, element: joinTypes(a.element, b.element) }
  if (a.kind === 'optional' && b.kind === 'optional') return { ...a, element: joinTypes(a.element, b.element) }
  if (a.kind === 'map' && b.kind === 'map') {
    return a.key === b.key ? { ...a, value: joinTypes(a.value, b.value) } : undefined
  }
  return a
}

export function typesEqual(a: ValueType | undefined, b: ValueType | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.kind === 'sequence' && b.kind === 'sequence') return typesEqual(a.element, b.element)
  if (a.kind === 'optional' && b.kind === 'optional') return typesEqual(a.element, b.element)
  if (a.kind === 'map' && b.kind === 'map') return a.key === b.key && typesEqual(a.value, b.value)
  if (a.kind === 'opaque' && b.kind === 'opaque') return a.domain === b.domain && a.name === b.name
  if (a.kind !== b.kind || dtypeOf(a) !== dtypeOf(b)) return false
  const [left, right] = [dimsOf(a), dimsOf(b)]
  return left === undefined || right === undefined ? left === right : shapesEqual(left, right)
}

/** `float32[n, 3]`, `sequence(int64[?])`, `?` where nothing is known. */
export function typeText(type: ValueType | undefined): string {
  if (type === undefined) return '?'
  switch (type.kind) {
    case 'tensor':
      return `${type.dtype}${type.dims === undefined ? '[...]' : `[${type.dims.join(', ')}]`}`
    case 'sparse-tensor':
      return `sparse(${type.dtype}${type.dims === undefined ? '[...]' : `[${type.dims.join(', ')}]`})`
    case 'sequence':
      return `sequence(${typeText(type.element)})`
    case 'optional':
      return `optional(${typeText(type.element)})`
    case 'map':
      return `map(${type.key}, ${typeText(type.value)})`
    case 'opaque':
      return `opaque(${type.domain}, ${type.name})`
  }
}

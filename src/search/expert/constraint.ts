import type { BlockAlternative, ConvolutionAlternative } from '../../passes/architecture/decision.js'
import { type PlaceKind, type Selector, selectorText } from './selector.js'

/** What a block or a convolution may be asked to become, or any place to stay. */
export type Form = 'as-is' | BlockAlternative | ConvolutionAlternative

/**
 * What an expert says of some places of a model.
 * - pin: nothing but this; forbid: not this; bound: nothing outside of this
 * - prefer: this counts as if it lost `weight` times what it loses
 *
 * It names its places in one way, and says one thing of them: a form, sizes, or bounds of sizes. Forms are of blocks and of
 * convolutions outside of them (`as-is` of groups too), sizes of channel groups.
 */
export interface Constraint extends Selector {
  readonly kind: 'pin' | 'forbid' | 'bound' | 'prefer'
  readonly form?: Form | readonly Form[]
  /** Channels. */
  readonly size?: number | readonly number[]
  readonly atLeast?: number
  readonly atMost?: number
  readonly multipleOf?: number
  /** Of bounds: what a group has already stays possible. */
  readonly orAsIs?: boolean
  /** Of preferences: below 1 liked, above 1 disliked. */
  readonly weight?: number
  /** For people. */
  readonly why?: string
}

/** A constraint file, version 1. */
export interface Expert {
  /** For messages. */
  readonly file?: string | undefined
  readonly constraints: readonly Constraint[]
}

/** An option of a place, as far as constraints look at it. */
export type Option =
  | { readonly kind: 'form'; readonly form: Form }
  | { readonly kind: 'size'; readonly size: number; readonly isPresent: boolean }
  /** Of which no constraint speaks. */
  | { readonly kind: 'image'; readonly isPresent: boolean }

/** Whether a constraint says something of places of that kind. */
export function isAbout({ form, size, atLeast, atMost, multipleOf }: Constraint, kind: PlaceKind): boolean {
  if (form === undefined)
    return kind === 'group' && [size, atLeast, atMost, multipleOf].some((each) => each !== undefined)
  return kind !== 'group' || listOf(form).includes('as-is')
}

/** Whether an option is what a constraint speaks of. */
export function isMeant(constraint: Constraint, option: Option): boolean {
  const { form, size, atLeast = 0, atMost = Number.POSITIVE_INFINITY, multipleOf = 1 } = constraint
  if (form !== undefined) {
    const meant = listOf(form)
    return option.kind === 'form' ? meant.includes(option.form) : option.isPresent && meant.includes('as-is')
  }
  if (option.kind !== 'size') return false
  if (size !== undefined) return listOf(size).includes(option.size)
  return option.size >= atLeast && option.size <= atMost && option.size % multipleOf === 0
}

/** Whether an option may be taken as far as a constraint is concerned. */
export function allows(constraint: Constraint, option: Option): boolean {
  switch (constraint.kind) {
    case 'pin':
      return isMeant(constraint, option)
    case 'forbid':
      return !isMeant(constraint, option)
    case 'bound':
      return isMeant(constraint, option) || (constraint.orAsIs === true && isPresent(option))
    case 'prefer':
      return true
  }
}

/** `pin blocks 0-4: fused`, `bound groups *: at most 64, a multiple of 32, or as it is`. */
export function constraintText(constraint: Constraint): string {
  const { kind, form, size, atLeast, atMost, multipleOf, orAsIs, weight } = constraint
  const said = [
    form !== undefined && listOf(form).join(' or '),
    size !== undefined && `${listOf(size).join(' or ')} channels`,
    atLeast !== undefined && `at least ${atLeast}`,
    atMost !== undefined && `at most ${atMost}`,
    multipleOf !== undefined && `a multiple of ${multipleOf}`,
    orAsIs && 'or as it is',
    weight !== undefined && `${weight} times the loss`,
  ]
  return `${kind} ${selectorText(constraint)}: ${said.filter((part) => part).join(', ')}`
}

/** Whether an option leaves its place as it is. */
export const isPresent = (option: Option): boolean =>
  option.kind === 'form' ? option.form === 'as-is' : option.isPresent

const listOf = <Item extends string | number>(items: Item | readonly Item[]): readonly Item[] =>
  typeof items === 'object' ? items : [items]

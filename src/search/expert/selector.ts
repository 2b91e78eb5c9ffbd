import type { FormerNames } from '../../passes/architecture/former-names.js'

/** How a constraint names its places: in one of these ways. */
export interface Selector {
  /** Blocks, by index (`3`, `"0-4"`, `"0-2,5"`) or by a pattern of names. */
  readonly blocks?: number | string
  /** Channel groups, by a pattern of names. */
  readonly groups?: string
  /** Blocks, convolutions outside of them, and groups, by a pattern of names. */
  readonly at?: string
  /** Blocks and groups, by a pattern of signatures. */
  readonly signature?: string
}

/** A block, a convolution outside of blocks, or a channel group. */
export type PlaceKind = 'block' | 'convolution' | 'group'

/** What is looked at of a place. */
export interface Selectable {
  readonly kind: PlaceKind
  readonly names: readonly string[]
  readonly signature: string
  readonly index: number | undefined
}

/** Finds the places that are named. `former`: what names from before passes ran have become. */
export function selectorOf(selector: Selector, former: FormerNames): (place: Selectable) => boolean {
  const { blocks, groups, at, signature } = selector
  if (signature !== undefined) {
    const pattern = patternOf(signature)
    return (place) => pattern.test(place.signature)
  }
  const ranges = rangesOf(selector)
  if (ranges !== undefined)
    return ({ index }) => index !== undefined && ranges.some(([from, to]) => index >= from && index <= to)
  const text = String(blocks ?? groups ?? at)
  const pattern = patternOf(text)
  const later = new Set(former(text))
  const kind = blocks !== undefined ? 'block' : groups !== undefined ? 'group' : undefined
  return (place) =>
    (kind ?? place.kind) === place.kind && place.names.some((name) => pattern.test(name) || later.has(name))
}

/** Ranges of block indexes, both ends included; undefined: it names them otherwise. */
export function rangesOf({ blocks }: Selector): [from: number, to: number][] | undefined {
  if (typeof blocks === 'number') return [[blocks, blocks]]
  if (blocks === undefined || !/^\s*\d+(\s*-\s*\d+)?(\s*,\s*\d+(\s*-\s*\d+)?)*\s*$/.test(blocks)) return undefined
  return blocks.split(',').map((part) => {
    const [from, to = from] = part.split('-').map(Number)
    return [from!, to!]
  })
}

/** `blocks 0-4`. */
export function selectorText({ blocks, groups, at, signature }: Selector): string {
  if (blocks !== undefined) return `blocks ${blocks}`
  if (groups !== undefined) return `groups ${groups}`
  return at === undefined ? `signature ${signature}` : `at ${at}`
}

/** The longest part of a pattern without wildcards, which says what was meant; undefined: it is about indexes. */
export function soughtText(selector: Selector): string | undefined {
  if (rangesOf(selector) !== undefined) return undefined
  const { blocks, groups, at, signature } = selector
  const parts = String(signature ?? blocks ?? groups ?? at).split(/[*?]/)
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '')
}

/** `*`: any characters, slashes too; `?`: one of them. */
const patternOf = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  )

import { leastCommonMultiple } from '../../ir/divisors.js'
import type { ChannelGroup } from './channel-groups.js'
import type { NamedWidthDecision } from './decision.js'

/** Sizes that a target likes: multiples of a number, or a list. */
export type CuratedSizes = { readonly multipleOf: number } | { readonly sizes: readonly number[] }

/** Less than this share of what was asked for is too little: the next larger size is taken. Source: MobileNet's width multiplier. */
const leastShare = 0.9

/**
 * One ratio over all groups that can be narrowed: each to the curated size nearest to ratio x size (the larger of two that are
 * equally near), not below 90 % of it and, for ratios up to 1, not above what it has. Groups that keep their size are left out.
 */
export function depthMultiplier(
  groups: readonly ChannelGroup[],
  ratio: number,
  curated: CuratedSizes,
): NamedWidthDecision[] {
  return decisions(groups, (group) => {
    const wanted = group.size * ratio
    const size = nearest(sizesFor(group, curated, wanted), wanted, leastShare * wanted)
    return ratio <= 1 ? Math.min(size, group.size) : size
  })
}

/** Widths as whole multiples of a parallelism factor: the next one above (free capacity), below, or the nearer of both. */
export function align(
  groups: readonly ChannelGroup[],
  factor: number,
  direction: 'up' | 'down' | 'nearest' = 'nearest',
): NamedWidthDecision[] {
  return decisions(groups, (group) => {
    const [below, above] = around(group, factor, group.size)
    // Below one multiple there is nothing.
    if (direction === 'up' || below === 0) return direction === 'down' ? group.size : above
    if (direction === 'down') return below
    return nearest([below, above], group.size, 0)
  })
}

/** Groups that a width may be decided for: not pinned; those whose cut is approximate are left to a decision of their own. */
export const freeGroups = (groups: readonly ChannelGroup[]): ChannelGroup[] =>
  groups.filter(({ pinned, approximate }) => pinned === undefined && approximate === undefined)

function decisions(groups: readonly ChannelGroup[], sizeOf: (group: ChannelGroup) => number): NamedWidthDecision[] {
  return freeGroups(groups).flatMap((group) => {
    const size = sizeOf(group)
    return size === group.size ? [] : [{ kind: 'width', group: group.name, size } satisfies NamedWidthDecision]
  })
}

/** Curated sizes around `wanted` that are whole units of the group. */
function sizesFor(group: ChannelGroup, curated: CuratedSizes, wanted: number): number[] {
  if ('multipleOf' in curated) return around(group, curated.multipleOf, wanted).filter((size) => size > 0)
  const whole = curated.sizes.filter((size) => size > 0 && size % group.granularity === 0)
  return whole.length > 0 ? whole : [group.size]
}

/** The multiples of `factor` and of the group's granularity around a size. */
function around({ granularity }: ChannelGroup, factor: number, size: number): [below: number, above: number] {
  const step = leastCommonMultiple(granularity, factor)
  return [Math.floor(size / step) * step, Math.ceil(size / step) * step]
}

function nearest(sizes: readonly number[], wanted: number, least: number): number {
  const enough = sizes.filter((size) => size >= least)
  const candidates = enough.length > 0 ? enough : [Math.max(...sizes)]
  return candidates.reduce((best, size) => {
    const [gap, bestGap] = [Math.abs(size - wanted), Math.abs(best - wanted)]
    return gap < bestGap || (gap === bestGap && size > best) ? size : best
  })
}

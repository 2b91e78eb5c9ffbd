import { leastCommonMultiple } from '../../ir/divisors.js'
import type { ChannelGroup } from '../../passes/architecture/channel-groups.js'
import { declineWidening } from '../../passes/architecture/widening.js'

/** Which widths a search tries. */
export type WidthOptions =
  /** Sizes at steps of what the target takes: `levels` of latency, each at the widest group that keeps it. */
  | { readonly kind: 'curated'; readonly levels: number }
  /** Shares of the present width, each at the nearest multiple of `step`: lanes of an array that none of which idles. */
  | { readonly kind: 'lanes'; readonly step: number }
  /** Every multiple of `increment`, whatever the target takes at once. */
  | { readonly kind: 'raw'; readonly increment: number }

/** Levels of latency where nobody says how many. */
export const defaultLevels = 8

/** Shares of the present width on a ladder of lanes. */
const ladder = [0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]

/** Narrower than this share of the present width is not looked at. */
const leastShare = 0.25

/** A group is widened to no more than a multiple of this: what there may be of idle lanes. */
const mostLanes = 64

/** Channels that go together in whatever form a block takes: a convolution in two groups needs pairs. */
const blockGranularity = 2

/** Channels of a group that can only go together, in every form that the blocks around may have if these are decided on too. */
export const granularityOf = (group: ChannelGroup, hasBlocks: boolean): number =>
  hasBlocks ? leastCommonMultiple(group.granularity, blockGranularity) : group.granularity

/** Whether somebody allows a group a size. */
export type SizeFilter = (group: ChannelGroup, size: number) => boolean

/**
 * Sizes of a group, rising, the present one among them; of a curated space all that may be chosen from. `granularity`: channels
 * that can only go together, in every form that the blocks around may have.
 */
export function widthSizes(group: ChannelGroup, options: WidthOptions, granularity: number): number[] {
  const { size } = group
  const step = leastCommonMultiple(granularity, stepOf(options))
  const most = widest(group, options.kind === 'curated' ? leastCommonMultiple(granularity, mostLanes) : step)
  const sizes =
    options.kind === 'lanes'
      ? [...ladder.map((share) => Math.round((share * size) / step) * step), most]
      : Array.from({ length: Math.floor(most / step) }, (_, i) => (i + 1) * step)
  const least = Math.min(size, Math.max(step, Math.ceil((leastShare * size) / step) * step))
  const kept = sizes.filter((each) => each >= least && each <= most && each % granularity === 0)
  return [...new Set([...kept, size])].sort((a, b) => a - b)
}

/** All sizes that a group can have, rising: what somebody may ask for, be it outside of what a search tries by itself. */
export function possibleSizes(group: ChannelGroup, granularity: number): number[] {
  const most = widest(group, leastCommonMultiple(granularity, mostLanes))
  const sizes = Array.from({ length: Math.floor(most / granularity) }, (_, i) => (i + 1) * granularity)
  return [...new Set([...sizes, group.size])].sort((a, b) => a - b)
}

/** Of sizes those that are allowed; where none is, the one nearest to the present size that is, if there is any. */
export function allowedSizes(
  group: ChannelGroup,
  sizes: readonly number[],
  granularity: number,
  isAllowed: SizeFilter,
): number[] {
  const kept = sizes.filter((size) => isAllowed(group, size))
  if (kept.length > 0) return kept
  const gap = (size: number) => Math.abs(size - group.size)
  const others = possibleSizes(group, granularity).filter((size) => isAllowed(group, size))
  return others.sort((a, b) => gap(a) - gap(b) || b - a).slice(0, 1)
}

/**
 * Of sizes that rise those at steps of their costs: the range below the present one's cost in equal levels, for each the widest
 * size that keeps it. Steps that are lanes are hit, smooth stretches are cut evenly. The present size stays; wider ones only as
 * far as they cost nothing. Rising.
 */
export function sizesAtLevels(
  sizes: readonly number[],
  costs: readonly number[],
  keep: number,
  levels: number,
): number[] {
  const most = costs[keep]!
  const least = Math.min(...costs)
  const chosen = new Set([sizes[keep]!])
  for (let level = 0; level <= levels; level++) {
    const limit = most - ((most - least) * level) / levels
    // Costs are sums: what is equal may differ in the last digits.
    const widest = costs.findLastIndex((cost) => cost <= limit * (1 + 1e-9))
    if (widest >= 0) chosen.add(sizes[widest]!)
  }
  return [...chosen].sort((a, b) => a - b)
}

function stepOf(options: WidthOptions): number {
  switch (options.kind) {
    case 'curated':
      return 1
    case 'lanes':
      return options.step
    case 'raw':
      return options.increment
  }
}

/** The next multiple of lanes where a group can be widened. */
const widest = (group: ChannelGroup, lanes: number): number =>
  isWidenable(group) ? Math.ceil(group.size / lanes) * lanes : group.size

const isWidenable = (group: ChannelGroup): boolean =>
  declineWidening(group, 'split') === undefined || declineWidening(group, 'zeros') === undefined

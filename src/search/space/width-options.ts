import { leastCommonMultiple } from '../../ir/divisors.js'
import type { ChannelGroup } from '../../passes/architecture/channel-groups.js'
import { declineWidening } from '../../passes/architecture/widening.js'

/** Which widths a search tries. */
export type WidthOptions =
  /** Sizes at which no lane of the target idles: a ladder of shares, each at the nearest multiple of `step`. */
  | { readonly kind: 'curated'; readonly step: number }
  /** Every multiple of `increment`, whatever the target takes at once. */
  | { readonly kind: 'raw'; readonly increment: number }

/** Shares of the present width. */
const ladder = [0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]

/** Narrower than this share is not looked at. */
const leastShare = ladder[0]!

/**
 * Sizes of a group, rising, the present one among them: no wider than the lanes that it fills already in part, where that is
 * free. `granularity`: channels that can only go together, in every form that the blocks around may have.
 */
export function widthSizes(group: ChannelGroup, options: WidthOptions, granularity: number): number[] {
  const { size } = group
  const step = leastCommonMultiple(granularity, options.kind === 'curated' ? options.step : options.increment)
  const most = isWidenable(group) ? Math.ceil(size / step) * step : size
  const sizes =
    options.kind === 'curated'
      ? [...ladder.map((share) => Math.round((share * size) / step) * step), most]
      : Array.from({ length: Math.floor(most / step) }, (_, i) => (i + 1) * step)
  const least = Math.min(size, Math.max(step, Math.ceil((leastShare * size) / step) * step))
  const kept = sizes.filter((each) => each >= least && each <= most && each % granularity === 0)
  return [...new Set([...kept, size])].sort((a, b) => a - b)
}

const isWidenable = (group: ChannelGroup): boolean =>
  declineWidening(group, 'split') === undefined || declineWidening(group, 'zeros') === undefined

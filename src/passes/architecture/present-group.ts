import type { Value } from '../../ir/graph.js'
import type { ChannelGroup } from './channel-groups.js'
import type { Correspondence } from './correspondence.js'

/** Name of the value that it stands for; its own where it stands for none. */
export const originalOf = (value: Value, correspondence: Correspondence): string =>
  correspondence.of(value)?.original ?? value.name

/**
 * Of the groups of a rewritten model, the one that has most of the axes that a group had; of equal ones that with the most
 * units, since the groups of a convolution lie on the same axes as the channels within them. undefined: nothing is left of it.
 */
export function presentGroup(
  groups: readonly ChannelGroup[],
  before: ChannelGroup,
  correspondence: Correspondence,
): ChannelGroup | undefined {
  const axes = new Set(activationAxes(before).map(({ value, axis }) => `${axis} ${originalOf(value, correspondence)}`))
  let best: ChannelGroup | undefined
  let most = 0
  for (const group of groups) {
    const shared = activationAxes(group).filter(({ value, axis }) =>
      axes.has(`${axis} ${originalOf(value, correspondence)}`),
    ).length
    const isFiner = shared === most && best !== undefined && group.units > best.units
    if (shared > most || isFiner) [best, most] = [group, shared]
  }
  return best
}

const activationAxes = ({ members }: ChannelGroup) => members.filter(({ role }) => role === 'activation')

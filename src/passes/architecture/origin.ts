import type { Model } from '../../ir/graph.js'
import { type ChannelGroup, channelGroups } from './channel-groups.js'
import type { OriginGroup, RecipeOrigin } from './decision.js'
import { findBlocks } from './find-blocks.js'
import { freeGroups } from './widths.js'

/** What there is to decide on in a model: what a recipe takes along, so that others can find its places again. */
export function originOf(model: Model): RecipeOrigin {
  const blocks = findBlocks(model)
  const rolesOf = ({ members }: ChannelGroup): OriginGroup['roles'] => {
    const values = new Set(members.map(({ value }) => value))
    return blocks.flatMap(({ depthwise, expand, output, name }) => [
      ...(expand !== undefined && values.has(depthwise.output) ? [{ block: name, role: 'middle' as const }] : []),
      ...(values.has(output) ? [{ block: name, role: 'output' as const }] : []),
    ])
  }
  return {
    blocks: blocks.map(({ name, signature, index }) => ({ name, signature, ...(index !== undefined && { index }) })),
    groups: freeGroups(channelGroups(model)).map((group) => ({
      name: group.name,
      signature: group.signature,
      size: group.size,
      roles: rolesOf(group),
    })),
  }
}

import type { Model } from '../../ir/graph.js'
import { nodeName } from '../../passes/architecture/block.js'
import { channelGroups } from '../../passes/architecture/channel-groups.js'
import type { Decision } from '../../passes/architecture/decision.js'
import { isDeclined } from '../../passes/architecture/declined.js'
import type { FormerNames } from '../../passes/architecture/former-names.js'
import { Places } from '../../passes/architecture/place.js'
import { type CuratedSizes, depthMultiplier } from '../../passes/architecture/widths.js'
import { weightLosses } from './weight-proxy.js'

/**
 * What any decision of a recipe is expected to lose by itself, by the proxy that searches without data go by; however it names its place.
 * `curated`: sizes of depth multipliers that name no multiple. Of a decision on nothing that the model has: 0.
 */
export function expectedLosses(
  model: Model,
  { former, curated }: { readonly former?: FormerNames | undefined; readonly curated: CuratedSizes },
): (decision: Decision) => number {
  const places = new Places(model, former)
  const lossOf = weightLosses(model)
  return (decision) => {
    const place = places.find(decision)
    if (isDeclined(place)) return 0
    switch (place.kind) {
      case 'block':
        return lossOf({ ...place.decision, block: place.block.index ?? place.block.name })
      case 'convolution':
        return lossOf({ ...place.decision, node: nodeName(place.node) })
      case 'width':
        return lossOf({ ...place.decision, group: place.group.name })
      case 'model': {
        if (place.decision.kind === 'resolution') return lossOf(place.decision)
        const { ratio, multipleOf } = place.decision
        const widths = depthMultiplier(channelGroups(model), ratio, multipleOf === undefined ? curated : { multipleOf })
        return widths.reduce((sum, width) => sum + lossOf(width), 0)
      }
    }
  }
}

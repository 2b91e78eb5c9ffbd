import type { Model } from '../../ir/graph.js'
import { Patch } from '../../ir/patch.js'
import { type ChannelGroup, channelGroups, groupsOf } from './channel-groups.js'
import { changeUnits, type UnitChange } from './channel-surgery.js'
import type { Correspondence } from './correspondence.js'
import type { DepthMultiplierDecision, NamedWidthDecision } from './decision.js'
import { type Declined, declined, isDeclined } from './declined.js'
import { bestUnits, type ChannelScores, rankedUnits, weightScores } from './importance.js'
import { nearNames } from './near-names.js'
import { declineWidening, moreUnits, type Widening } from './widening.js'
import { type CuratedSizes, depthMultiplier } from './widths.js'

/** Told of units of a group that are about to change, while they are still there: what reads them may take over what goes. */
export type HandOver = (group: ChannelGroup, change: UnitChange) => void

export interface WidthOptions {
  /** Told what every value stands for afterwards. */
  readonly correspondence: Correspondence
  /** Which units are left when a group is narrowed, and which are repeated first when it is split. Default: by weights. */
  readonly scores?: ChannelScores
  /** Default: split where the group allows it, else zeros. */
  readonly widening?: Widening
  /** Default: what goes is missing. */
  readonly handOver?: HandOver
}

/** What became of a group. */
export interface WidthChange {
  readonly group: string
  /** Channels on the group's first value, the other groups as they were. */
  readonly before: number
  readonly after: number
  /** Old unit of every new one; -1: new. */
  readonly units: Int32Array
}

/** Performs a width decision. The model is as it was where it is declined. */
export function applyWidth(model: Model, decision: NamedWidthDecision, options: WidthOptions): WidthChange | Declined {
  const changes = applyWidths(model, [decision], options)
  return isDeclined(changes) ? changes : changes[0]!
}

/** Performs several width decisions at once, all of them or none; groups are named as they are in the model now. */
export function applyWidths(
  model: Model,
  decisions: readonly NamedWidthDecision[],
  options: WidthOptions,
): WidthChange[] | Declined {
  const groups = channelGroups(model)
  const changes = new Map<ChannelGroup, UnitChange>()
  for (const decision of decisions) {
    const group = chosenGroup(groups, decision.group)
    if (isDeclined(group)) return group
    if (changes.has(group))
      return declined('decided-twice', `group "${group.name}"`, 'decide on the width of a group once')
    const change = planWidth(group, decision.size, options)
    if (isDeclined(change)) return change
    changes.set(group, change)
  }
  for (const [group, change] of changes) options.handOver?.(group, change)
  const present = options.handOver === undefined ? changes : refound(channelGroups(model), changes)
  changeUnits(new Patch(model), present, options.correspondence)
  return [...changes].map(([{ name, size, granularity }, { units }]) => ({
    group: name,
    before: size,
    after: units.length * granularity,
    units,
  }))
}

/** The same changes after constants were written anew: a group that was found before knows nothing of those. */
function refound(
  groups: readonly ChannelGroup[],
  changes: ReadonlyMap<ChannelGroup, UnitChange>,
): Map<ChannelGroup, UnitChange> {
  const byName = new Map(groups.map((group) => [group.name, group]))
  return new Map([...changes].map(([{ name }, change]) => [byName.get(name)!, change]))
}

/** Performs a depth multiplier as the widths it comes to. `curated`: the target's sizes, where the decision names no multiple. */
export function applyDepthMultiplier(
  model: Model,
  { ratio, multipleOf }: DepthMultiplierDecision,
  options: WidthOptions & { readonly curated?: CuratedSizes },
): WidthChange[] | Declined {
  if (!(ratio > 0)) return declined('no-ratio', `ratio ${ratio}`, 'give a ratio above 0')
  const curated = multipleOf === undefined ? (options.curated ?? { multipleOf: 1 }) : { multipleOf }
  return applyWidths(model, depthMultiplier(channelGroups(model), ratio, curated), options)
}

/** The units that a size comes to, or why it cannot be. */
export function planWidth(
  group: ChannelGroup,
  size: number,
  { scores = weightScores, widening }: Pick<WidthOptions, 'scores' | 'widening'>,
): UnitChange | Declined {
  const place = `group "${group.name}"`
  if (group.pinned !== undefined) {
    const by = group.pinned.node === undefined ? '' : ` by ${group.pinned.node.label}`
    return declined('pinned-group', `${place}: ${group.pinned.reason}${by}`, group.pinned.remedy)
  }
  const units = size / group.granularity
  if (!Number.isSafeInteger(units) || units < 1)
    return declined('impossible-size', `${place}: ${size}`, `give a multiple of ${group.granularity}`)
  if (units <= group.units) return { units: bestUnits(scores(group), units) }
  const ways: readonly Widening[] = widening === undefined ? ['split', 'zeros'] : [widening]
  const why = ways.map((way) => declineWidening(group, way))
  const way = ways.find((_, i) => why[i] === undefined)
  if (way === undefined) return why[0]!
  return moreUnits(group.units, units, way, rankedUnits(scores(group)))
}

/** The group meant by a name. A value in several groups says nothing, unless all but one of them are pinned. */
export function chosenGroup(groups: readonly ChannelGroup[], name: string): ChannelGroup | Declined {
  const named = groupsOf(groups, name)
  const free = named.filter(({ pinned }) => pinned === undefined)
  if (free.length > 1) {
    const names = free.map((group) => group.name).join(', ')
    return declined('ambiguous-group', `group "${name}"`, `name one of its groups: ${names}`)
  }
  return free[0] ?? named[0] ?? unknownGroup(groups, name)
}

function unknownGroup(groups: readonly ChannelGroup[], name: string): Declined {
  const near = nearNames(
    name,
    groups.map((group) => group.name),
  )
  const remedy = near === '' ? 'none: the model has no channel groups' : `name a value of a group: ${near}`
  return declined('unknown-group', `group "${name}"`, remedy)
}

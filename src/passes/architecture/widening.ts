import { constantOf } from '../../ir/constant.js'
import type { Node } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import type { Trait } from '../../ir/ops/define.js'
import { isWritable } from '../weights.js'
import { runsOf } from './axis-form.js'
import { axisEnds, namesOf } from './axis-role.js'
import type { NodeAxes } from './axis-table.js'
import type { ChannelGroup } from './channel-groups.js'
import type { UnitChange } from './channel-surgery.js'
import { type Declined, declined } from './declined.js'

/**
 * How a group gets more units without a change of what the model computes.
 *
 * - zeros: new units are zero at their producers and at their consumers; an entry for each channel (a scale, a slope) repeats
 *   the last unit's. What lies between has to be finite at zero.
 * - split: a unit is repeated, and its consumers' weights are shared out among the copies (Net2Net, Chen et al. 2016). Copies
 *   are equal all the way, so that nothing between them matters.
 */
export type Widening = 'zeros' | 'split'

/** More units, by repeating old ones in turn (`order`: the first to be repeated first) or by zeros behind them. */
export function moreUnits(units: number, count: number, widening: Widening, order?: Int32Array): UnitChange {
  const list = Int32Array.from({ length: count }, (_, i) => {
    if (i < units) return i
    if (widening === 'zeros') return -1
    const turn = (i - units) % units
    return order?.[turn] ?? turn
  })
  if (widening === 'zeros') return { units: list }
  const copies = new Int32Array(units)
  for (const unit of list) copies[unit]! += 1
  return { units: list, shares: Float64Array.from(list, (unit) => 1 / copies[unit]!) }
}

/** Why a group cannot be widened that way; undefined: it can. */
export function declineWidening(group: ChannelGroup, widening: Widening): Declined | undefined {
  if (group.approximate !== undefined)
    return declined(
      'normalised-axis',
      placeOf(group, group.approximate.node),
      'none: more channels change its statistics',
    )
  for (const axes of group.table.nodes) {
    const names = [...axes.forms].flatMap(([name, form]) => (runsOf(form).includes(group.run) ? [name] : []))
    if (names.length === 0) continue
    const why = declineAtNode(group, axes, names, widening)
    if (why !== undefined) return why
  }
  return undefined
}

function declineAtNode(
  group: ChannelGroup,
  axes: NodeAxes,
  names: readonly string[],
  widening: Widening,
): Declined | undefined {
  const { node, words } = axes
  const place = placeOf(group, node)
  const { taken, given } = axisEnds(axes, (value) => constantOf(value) !== undefined)
  // A shuffle can make the groups of a convolution and the channels within them the same units.
  const hasTwoRoles = words.inputs.some((terms) =>
    terms?.some((term) => {
      const inTerm = namesOf([term]).filter((name) => names.includes(name))
      return inTerm.some((name) => given.has(name)) && inTerm.some((name) => !given.has(name))
    }),
  )
  if (hasTwoRoles) return declined('two-roles', place, 'none: the same units are kept and summed over there')
  for (const name of names) {
    if (given.has(name)) {
      const isTwice = words.inputs.some((terms) => namesOf(terms).filter((other) => other === name).length > 1)
      if (isTwice && widening === 'split') return declined('recurrent-state', place, 'widen with zeros')
      if (taken.has(name) && widening === 'zeros' && !isFiniteAtZero(node))
        return declined('not-finite-at-zero', place, 'widen by splitting channels')
      continue
    }
    const weights = words.inputs.flatMap((terms, i) =>
      namesOf(terms).includes(name) && constantOf(node.inputs[i]) !== undefined ? [constantOf(node.inputs[i])!] : [],
    )
    if (weights.length !== 1)
      return declined('summed-without-weight', place, 'none: no weights there could share a channel out')
    if (!isWritable(weights[0]!.dtype))
      return declined('quantized-weight', place, 'widen the model before it is quantized')
  }
  return undefined
}

/** Families that give finite numbers where a channel is zero. */
const tame: readonly Trait[] = [
  'linear',
  'movement',
  'activation',
  'commutative',
  'convolution',
  'pool',
  'resize',
  'recurrent',
  'quantization',
  'finite-at-zero',
]

const isFiniteAtZero = (node: Node): boolean =>
  contextOf(node)?.resolved.op.traits.some((trait) => tame.includes(trait)) === true

const placeOf = ({ name }: ChannelGroup, node: Node | undefined): string =>
  node === undefined ? `group "${name}"` : `group "${name}" at ${node.label}`

import type { Model, Node } from '../../ir/graph.js'
import { typeText } from '../../ir/type.js'
import type { PassKind } from '../define.js'
import { applyBlock } from './apply-block.js'
import { applyConvolution } from './apply-convolution.js'
import { nodeName } from './block.js'
import { type ChannelGroup, channelGroups } from './channel-groups.js'
import type { Correspondence } from './correspondence.js'
import { type Declined, declined, isDeclined } from './declined.js'
import type { ChannelScores } from './importance.js'
import type { Place } from './place.js'
import { presentBlock } from './present-block.js'
import { PresentGroups } from './present-groups.js'
import { applyResolution } from './resolution.js'
import type { FittedLayer, Rewritten } from './rewritten.js'
import { applyDepthMultiplier, applyWidths, type HandOver, type WidthChange } from './set-width.js'
import type { CuratedSizes } from './widths.js'

export interface DecisionOptions {
  readonly correspondence: Correspondence
  /** Which channels matter; default: by weights. */
  readonly scores?: ChannelScores | undefined
  /** What takes over from channels that go; default: nothing does. */
  readonly handOver?: HandOver | undefined
  /** Sizes for a depth multiplier that names no multiple. */
  readonly curated?: CuratedSizes | undefined
}

/** A decision that was carried out. */
export interface Applied extends Rewritten {
  /** Sizes before and after, where the decision is about sizes. */
  readonly sizes?: { readonly from: string; readonly to: string }
  /** Values of the original at which the change shows, and the ones of it that now stand where they stood. */
  readonly shows: readonly { readonly at: string; readonly by: string }[]
}

/** Carries out one decision; places are followed to what earlier decisions made of them. */
export function applyDecision(model: Model, place: Place, options: DecisionOptions): Applied | Declined {
  const { correspondence, scores } = options
  switch (place.kind) {
    case 'block': {
      const { decision, block: before } = place
      const block = presentBlock(before)
      if (block === undefined)
        return declined(
          'block-changed',
          `block "${before.name}"`,
          'decide on a block once, and on its width afterwards',
        )
      const at = correspondence.roleOf(block.output)
      const by = decision.alternative === 'skip' ? correspondence.roleOf(block.input) : at
      const done = applyBlock(model, block, decision, correspondence, scores)
      return isDeclined(done) ? done : { ...done, shows: [{ at, by }] }
    }
    case 'convolution': {
      const { decision, node } = place
      if (!node.isLive) return declined('node-gone', node.label, 'decide on a convolution once')
      const at = correspondence.roleOf(node.outputs[0]!)
      const done = applyConvolution(model, { ...decision, node: nodeName(node) }, correspondence)
      return isDeclined(done) ? done : { ...done, shows: [{ at, by: at }] }
    }
    case 'width': {
      const { decision, group: before } = place
      const groups = new PresentGroups(channelGroups(model), correspondence).of(before)
      if (groups.length === 0)
        return declined('group-gone', `group "${before.name}"`, 'decide on it before the decision that removes it')
      const named = groups.map(({ name }) => ({ ...decision, group: name }))
      const changes = applyWidths(model, named, widthOptions(options))
      return isDeclined(changes) ? changes : widthsDone(changes, groups, correspondence)
    }
    case 'model': {
      const { decision } = place
      if (decision.kind === 'resolution') return resolutionDone(model, decision, correspondence)
      const groups = channelGroups(model)
      const changes = applyDepthMultiplier(model, decision, {
        ...widthOptions(options),
        ...(options.curated && { curated: options.curated }),
      })
      if (isDeclined(changes)) return changes
      const changed = groups.filter(({ name }) => changes.some((change) => change.group === name))
      return widthsDone(changes, changed, correspondence)
    }
  }
}

const widthOptions = ({ correspondence, scores, handOver }: DecisionOptions) => ({
  correspondence,
  ...(scores && { scores }),
  ...(handOver && { handOver }),
})

/** What reads the channels is what has to make up for those that went. */
function widthsDone(
  changes: readonly WidthChange[],
  groups: readonly ChannelGroup[],
  correspondence: Correspondence,
): Applied {
  const readers = [...new Set(groups.flatMap(readersOf))].sort((a, b) => a.order - b.order)
  const fitted: FittedLayer[] = readers.map((node) => ({
    node,
    target: correspondence.roleOf(node.outputs[0]!),
  }))
  const dropped = changes.reduce((sum, { before, after }) => sum + Math.max(0, before - after), 0)
  const kind: PassKind = changes.every(({ before, after }) => before === after)
    ? 'exact'
    : dropped > 0
      ? 'lossy'
      : 'rounding'
  return {
    kind,
    why: reasons[kind](dropped),
    fitted: kind === 'lossy' ? fitted : [],
    sizes: {
      from: changes.map(({ before }) => before).join(', ') || 'no group',
      to: changes.map(({ after }) => after).join(', ') || 'no group',
    },
    shows: fitted.map(({ target }) => ({ at: target, by: target })),
  }
}

const reasons: Readonly<Record<PassKind, (dropped: number) => string>> = {
  exact: () => 'no size changes',
  rounding: () => 'new channels repeat old ones or add nothing',
  lossy: (dropped) => `drops ${dropped} channels`,
}

/** Layers with weights that sum over the channels. */
const readersOf = ({ members }: ChannelGroup): Node[] =>
  members.flatMap(({ role, node }) => (role === 'consumer' && node !== undefined ? [node] : []))

function resolutionDone(
  model: Model,
  decision: Extract<Place, { kind: 'model' }>['decision'] & { kind: 'resolution' },
  correspondence: Correspondence,
): Applied | Declined {
  const input = model.graph.inputs.find(({ name }) => name === decision.input)
  const from = typeText(input?.type)
  const done = applyResolution(model, decision, correspondence)
  if (isDeclined(done)) return done
  return { ...done, sizes: { from, to: typeText(input?.type) }, shows: [] }
}

import { UserError } from '../../ir/errors.js'
import type { Model, Node } from '../../ir/graph.js'
import { type Block, nodeName, nodesOf } from '../../passes/architecture/block.js'
import { type ChannelGroup, channelGroups } from '../../passes/architecture/channel-groups.js'
import { findBlocks } from '../../passes/architecture/find-blocks.js'
import type { FormerNames } from '../../passes/architecture/former-names.js'
import { nearNames } from '../../passes/architecture/near-names.js'
import type { Pin } from '../../passes/architecture/pin.js'
import { convolutionsOutside } from '../alternatives.js'
import { type Constraint, type Expert, isAbout } from './constraint.js'
import { constraintPath } from './expert-file.js'
import { type PlaceKind, rangesOf, selectorOf, selectorText, soughtText } from './selector.js'

/** A block, a convolution outside of blocks or a channel group, as constraints find it. */
export interface Place {
  readonly kind: PlaceKind
  /** As choices of a space name it. */
  readonly name: string
  /** Of its nodes and values. */
  readonly names: readonly string[]
  readonly signature: string
  /** Of a block among the inverted bottlenecks. */
  readonly index: number | undefined
  readonly group?: ChannelGroup
  /** Why no search changes it. */
  readonly pin: Pin | undefined
}

/** A constraint with what it is about. */
export interface Demand {
  readonly constraint: Constraint
  /** In its file. */
  readonly index: number
  readonly places: readonly Place[]
}

/**
 * Finds the places of all constraints. `former`: what names from before passes ran have become. Throws UserError `invalid-expert`
 * for a constraint that is about nothing, with names that are near.
 */
export function demandsOf(model: Model, { file, constraints }: Expert, former: FormerNames = () => []): Demand[] {
  const blocks = findBlocks(model)
  const places = [
    ...blocks.map(blockPlace),
    ...convolutionsOutside(model, blocks).map(convolutionPlace),
    ...channelGroups(model).map(groupPlace),
  ]
  return constraints.map((constraint, index) => {
    const about = places.filter(({ kind }) => isAbout(constraint, kind))
    const found = about.filter(selectorOf(constraint, former))
    const free = found.filter(({ pin }) => pin === undefined)
    const fault = faultOf(constraint, found, free, lastIndex(about))
    if (fault !== undefined)
      throw new UserError('invalid-expert', constraintPath(index), fault, remedyFor(constraint, about), file)
    return { constraint, index, places: free }
  })
}

function faultOf(
  constraint: Constraint,
  [first]: readonly Place[],
  free: readonly Place[],
  last: number,
): string | undefined {
  const ranges = rangesOf(constraint)
  if (first === undefined || ranges?.some(([, to]) => to > last))
    return `the model has no ${first === undefined ? '' : 'such range of '}${selectorText(constraint)}`
  // What cannot change may be asked to stay.
  if (free.length > 0 || (constraint.kind === 'pin' && constraint.form !== undefined)) return undefined
  const { reason, node } = first.pin!
  return `${placeText(first)} cannot change: ${reason}${node === undefined ? '' : ` at ${node.label}`}`
}

/** `block 3 "blocks.3/expand"`, `96 channels of "x"`. */
export function placeText({ kind, name, index, group }: Place): string {
  if (kind === 'group') return `${group!.size} channels of "${name}"`
  if (kind === 'convolution') return `convolution "${name}"`
  return `block ${index === undefined ? '' : `${index} `}"${name}"`
}

const blockPlace = (block: Block): Place => ({
  kind: 'block',
  name: block.name,
  names: nodesOf(block).map(nodeName),
  signature: block.signature,
  index: block.index,
  pin: undefined,
})

const convolutionPlace = (node: Node): Place => ({
  kind: 'convolution',
  name: nodeName(node),
  names: [nodeName(node), ...node.outputs.flatMap((value) => (value === undefined ? [] : [value.name]))],
  signature: '',
  index: undefined,
  pin: undefined,
})

const groupPlace = (group: ChannelGroup): Place => ({
  kind: 'group',
  name: group.name,
  names: [
    group.name,
    ...group.members.filter(({ role }) => role === 'activation').map(({ value }) => value.name),
    ...group.producers.map(nodeName),
  ],
  signature: group.signature,
  index: undefined,
  group,
  // Where channels that stay would compute something else, a width takes a decision of its own.
  pin: group.pinned ?? group.approximate,
})

function remedyFor(constraint: Constraint, about: readonly Place[]): string {
  const { signature } = constraint
  const text = soughtText(constraint)
  if (text === undefined) {
    const last = lastIndex(about)
    return last < 0 ? 'the model has no inverted bottlenecks: give a pattern of names' : `give blocks from 0 to ${last}`
  }
  const free = about.filter(({ pin }) => pin === undefined)
  const names = free.map((place) => (signature === undefined ? place.name : place.signature))
  const near = nearNames(text, [...new Set(names)])
  return near === '' ? 'take it out: the model has nothing of the kind' : `name one of ${near}`
}

const lastIndex = (places: readonly Place[]): number => Math.max(-1, ...places.map(({ index = -1 }) => index))

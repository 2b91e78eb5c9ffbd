import type { ChannelGroup } from '../../passes/architecture/channel-groups.js'
import type { Choice } from '../space/choice.js'
import type { Option } from './constraint.js'
import type { Demand, Place } from './places.js'

type PlaceName = Pick<Place, 'kind' | 'name'>

/** The place that a choice of a space is about. */
export function placeOf(choice: Choice): PlaceName {
  switch (choice.kind) {
    case 'width':
      return { kind: 'group', name: choice.group }
    case 'block':
      return { kind: 'block', name: choice.block }
    case 'convolution':
      return { kind: 'convolution', name: choice.node }
  }
}

export const isSamePlace = (a: PlaceName, b: PlaceName): boolean => a.kind === b.kind && a.name === b.name

/** The constraints on a place, in the order of their file. */
export const demandsOn = (demands: readonly Demand[], place: PlaceName): Demand[] =>
  demands.filter(({ places }) => places.some((each) => isSamePlace(each, place)))

/** The options of a choice as constraints see them. */
export const optionsOf = (choice: Choice): Option[] =>
  choice.kind === 'width'
    ? choice.sizes.map((size, option) => ({ kind: 'size', size, isPresent: option === choice.keep }))
    : choice.decisions.map((decision) => ({ kind: 'form', form: decision?.alternative ?? 'as-is' }))

export const sizeOption = (group: ChannelGroup, size: number): Option => ({
  kind: 'size',
  size,
  isPresent: size === group.size,
})

import type { ChannelGroup } from '../../passes/architecture/channel-groups.js'
import type { Choice } from '../space/choice.js'
import type { Option } from './constraint.js'
import type { Demand, Place } from './places.js'

type PlaceName = Pick<Place, 'kind' | 'name'>

/** The place that a choice of a space is about; undefined: it is about the whole model. */
export function placeOf(choice: Choice): PlaceName | undefined {
  switch (choice.kind) {
    case 'width':
      return { kind: 'group', name: choice.group }
    case 'block':
      return { kind: 'block', name: choice.block }
    case 'convolution':
      return { kind: 'convolution', name: choice.node }
    case 'resolution':
      return undefined
  }
}

export const isSamePlace = (a: PlaceName, b: PlaceName | undefined): boolean => a.kind === b?.kind && a.name === b.name

/** The constraints on a place, in the order of their file. */
export const demandsOn = (demands: readonly Demand[], place: PlaceName | undefined): Demand[] =>
  demands.filter(({ places }) => places.some((each) => isSamePlace(each, place)))

/** The options of a choice as constraints see them. */
export function optionsOf(choice: Choice): Option[] {
  switch (choice.kind) {
    case 'width':
      return choice.sizes.map((size, option) => ({ kind: 'size', size, isPresent: option === choice.keep }))
    case 'resolution':
      return choice.decisions.map((decision) => ({ kind: 'image', isPresent: decision === undefined }))
    case 'block':
    case 'convolution':
      return choice.decisions.map((decision) => ({ kind: 'form', form: decision?.alternative ?? 'as-is' }))
  }
}

export const sizeOption = (group: ChannelGroup, size: number): Option => ({
  kind: 'size',
  size,
  isPresent: size === group.size,
})

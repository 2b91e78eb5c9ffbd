import { UserError } from '../../ir/errors.js'
import type { OpenedSpace, SpaceOptions } from '../open-space.js'
import { granularityOf, possibleSizes } from '../space/width-options.js'
import { minimalConflict } from './conflict.js'
import { allows, constraintText, type Expert, type Option } from './constraint.js'
import { constraintPath } from './expert-file.js'
import { demandsOn, isSamePlace, optionsOf, placeOf, sizeOption } from './place-options.js'
import { type Demand, type Place, placeText } from './places.js'

/** Throws for the first place that nothing is left of. */
export function explainConflicts(
  demands: readonly Demand[],
  opened: OpenedSpace,
  options: Omit<SpaceOptions, 'isAllowed'>,
  { file }: Expert,
): void {
  const places = new Map(
    demands.flatMap((demand) => demand.places.map((place) => [`${place.kind} ${place.name}`, place])),
  )
  const conflicts = [...places.values()].flatMap((place) => {
    const possible = possibleOptions(place, opened, options)
    const about = demandsOn(demands, place)
    const canHold = (some: readonly Demand[]) =>
      possible.some((option) => some.every(({ constraint }) => allows(constraint, option)))
    return canHold(about) ? [] : [{ place, possible, conflict: minimalConflict(about, canHold) }]
  })
  const [first] = conflicts
  if (first === undefined) return
  const { place, possible, conflict } = first
  const more = conflicts.length > 1 ? `, nor of ${conflicts.length - 1} more places` : ''
  const asked = conflict.map(({ constraint }) => `"${constraintText(constraint)}"`).join(' and ')
  const between = conflict.length > 1 ? ' exclude each other' : ` is not possible${whyNot(place, opened)}`
  throw new UserError(
    'unreachable',
    conflict.map(({ index }) => constraintPath(index)).join(', '),
    `nothing is left of ${placeText(place)}${more}: ${asked}${between}; it can be ${possibleText(possible)}`,
    conflict.length > 1 ? 'relax one of them' : 'relax it, or let --space change more',
    file,
  )
}

/** What a place could be if no expert said anything of it. */
function possibleOptions(place: Place, { space }: OpenedSpace, { parts }: Pick<SpaceOptions, 'parts'>): Option[] {
  const { group } = place
  if (group !== undefined) {
    const sizes = parts.includes('widths')
      ? possibleSizes(group, granularityOf(group, parts.includes('blocks')))
      : [group.size]
    return sizes.map((size) => sizeOption(group, size))
  }
  const choice = space.choices.find((each) => isSamePlace(place, placeOf(each)))
  return choice === undefined ? [{ kind: 'form', form: 'as-is' }] : optionsOf(choice)
}

/** Why the space lacks forms of a block or convolution. */
function whyNot(place: Place, { declined }: OpenedSpace): string {
  const reasons = declined.flatMap(({ decision, why }) => {
    if (decision.kind === 'block')
      return place.kind === 'block' && decision.block === (place.index ?? place.name)
        ? [`${decision.alternative}: ${why.reason}`]
        : []
    return decision.kind === 'convolution' && place.kind === 'convolution' && decision.node === place.name
      ? [`${decision.alternative}: ${why.reason}`]
      : []
  })
  return reasons.length > 0 ? ` (${reasons.join(', ')})` : ''
}

/** More sizes than this are told by their ends. */
const mostListed = 8

function possibleText(options: readonly Option[]): string {
  const texts = options.map((option) =>
    option.kind === 'size' ? String(option.size) : option.kind === 'form' ? option.form : 'as-is',
  )
  return texts.length <= mostListed ? texts.join(', ') : `${texts[0]}, ${texts[1]}, ... or ${texts.at(-1)}`
}

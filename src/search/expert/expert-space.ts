import type { Target } from '../../hw/target.js'
import type { Model } from '../../ir/graph.js'
import type { FormerNames } from '../../passes/architecture/former-names.js'
import type { Losses } from '../fidelity/losses.js'
import { type OpenedSpace, openSpace, type SpaceOptions } from '../open-space.js'
import type { Choice } from '../space/choice.js'
import { Space } from '../space/space.js'
import type { SizeFilter } from '../space/width-options.js'
import { allows, type Constraint, constraintText, type Expert, isMeant, isPresent, type Option } from './constraint.js'
import { explainConflicts } from './explain-conflicts.js'
import { demandsOn, isSamePlace, optionsOf, placeOf, sizeOption } from './place-options.js'
import { type Demand, demandsOf } from './places.js'

/** What became of a constraint. */
export interface ConstraintAccount {
  readonly kind: Constraint['kind']
  readonly constraint: string
  /** Blocks and groups that it is about and that may change. */
  readonly places: number
  /** Of the options that these places have, how many it does not allow; of preferences, how many it weighs. */
  readonly options: number
}

export interface ExpertSpace {
  /** What the expert does not allow is closed. */
  readonly opened: OpenedSpace
  readonly constraints: readonly ConstraintAccount[]
  /** Losses with the expert's preferences in them. */
  readonly preferred: (losses: Losses) => Losses
}

/**
 * The space of a model as an expert leaves it. Sizes that the constraints ask for are options, even if the space would not have
 * them by itself. Throws UserError `invalid-expert` for a constraint that is about nothing, and `unreachable` with the fewest
 * constraints that exclude each other, and where.
 */
export async function openExpertSpace(
  model: Model,
  target: Target,
  expert: Expert,
  options: Omit<SpaceOptions, 'isAllowed'>,
  former?: FormerNames,
): Promise<ExpertSpace> {
  const demands = demandsOf(model, expert, former)
  const opened = await openSpace(model, target, { ...options, isAllowed: sizeFilter(demands) })
  explainConflicts(demands, opened, options, expert)
  const { choices } = opened.space
  const about = choices.map((choice) => demandsOn(demands, placeOf(choice)))
  const openOptions = choices.map((choice, i) =>
    optionsOf(choice).flatMap((option, at) =>
      about[i]!.every(({ constraint }) => allows(constraint, option)) ? [at] : [],
    ),
  )
  return {
    opened: { ...opened, space: new Space(choices, openOptions) },
    constraints: demands.map((demand) => accountOf(demand, choices)),
    preferred: (losses) => preferredLosses(losses, choices, about),
  }
}

/** Allows groups of which nobody says anything all of their sizes. */
function sizeFilter(demands: readonly Demand[]): SizeFilter {
  const byName = new Map<string, readonly Demand[]>()
  return (group, size) => {
    const { name } = group
    let about = byName.get(name)
    if (about === undefined) byName.set(name, (about = demandsOn(demands, { kind: 'group', name })))
    return about.every(({ constraint }) => allows(constraint, sizeOption(group, size)))
  }
}

function accountOf({ constraint, places }: Demand, choices: readonly Choice[]): ConstraintAccount {
  const own = choices.filter((choice) => places.some((place) => isSamePlace(place, placeOf(choice))))
  const isCounted = (option: Option) =>
    constraint.kind === 'prefer' ? isMeant(constraint, option) && !isPresent(option) : !allows(constraint, option)
  const options = own.flatMap(optionsOf).filter(isCounted).length
  return { kind: constraint.kind, constraint: constraintText(constraint), places: places.length, options }
}

function preferredLosses(losses: Losses, choices: readonly Choice[], about: readonly (readonly Demand[])[]): Losses {
  const preferences = about.map((demands) => demands.filter(({ constraint }) => constraint.kind === 'prefer'))
  if (preferences.every((list) => list.length === 0)) return losses
  const of = choices.map((choice, i) => {
    const options = optionsOf(choice)
    return losses.of[i]!.map((loss, at) =>
      preferences[i]!.reduce(
        (sum, { constraint }) => (isMeant(constraint, options[at]!) ? sum * constraint.weight! : sum),
        loss,
      ),
    )
  })
  return { ...losses, note: `${losses.note}; times the weights of an expert's preferences`, of }
}

import { isDeepStrictEqual } from 'node:util'
import type { Candidate } from '../../estimator/memo-table.js'
import type { Decision, Recipe } from '../../passes/architecture/decision.js'
import { type Declined, declined } from '../../passes/architecture/declined.js'
import type { Choice } from './choice.js'
import type { Space } from './space.js'

/**
 * The decisions that a candidate comes to: the resolution, whose model is what the others are about, then forms, then widths: a
 * block is decided on as the model has it.
 */
export function recipeOf(space: Space, candidate: Candidate): Recipe {
  const gone = new Set(
    space.choices.flatMap((choice, i) => (choice.kind === 'width' ? [] : choice.gone[candidate[i]!]!)),
  )
  const resolution: Decision[] = []
  const forms: Decision[] = []
  const widths: Decision[] = []
  const places = { width: widths, resolution, block: forms, convolution: forms }
  space.choices.forEach((choice, i) => {
    const decision = decisionOf(choice, candidate[i]!)
    if (decision === undefined || gone.has(i)) return
    places[choice.kind].push(decision)
  })
  return { recipeVersion: 1, decisions: [...resolution, ...forms, ...widths] }
}

/** What every open option by itself comes to as a decision. */
export const decisionsOf = (space: Space): Decision[] =>
  space.choices.flatMap((choice, i) => space.openOptions[i]!.flatMap((option) => decisionOf(choice, option) ?? []))

/** The candidate that a recipe comes to. Declined where it decides on something that the space does not have. */
export function candidateOf(space: Space, { decisions }: Recipe): Candidate | Declined {
  const candidate = space.original.slice()
  for (const decision of decisions) {
    const choice = space.choices.findIndex((each) => optionOf(each, decision) >= 0)
    if (choice < 0)
      return declined('outside-space', JSON.stringify(decision), 'name what the space has, as recipes of it do')
    candidate[choice] = optionOf(space.choices[choice]!, decision)
  }
  return space.canonical(candidate)
}

/** What an option comes to as a decision; undefined: nothing is to be done. */
export function decisionOf(choice: Choice, option: number): Decision | undefined {
  if (option === choice.keep) return undefined
  return choice.kind === 'width'
    ? { kind: 'width', group: choice.group, size: choice.sizes[option]! }
    : choice.decisions[option]
}

/** -1: the choice has no such option. */
function optionOf(choice: Choice, decision: Decision): number {
  if (choice.kind !== 'width') return choice.decisions.findIndex((each) => isDeepStrictEqual(each, decision))
  return decision.kind === 'width' && decision.group === choice.group ? choice.sizes.indexOf(decision.size) : -1
}

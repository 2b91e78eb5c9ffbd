import type { Candidate } from '../../estimator/memo-table.js'
import type { Decision } from '../../passes/architecture/decision.js'
import { decisionOf, recipeOf } from '../space/candidate-recipe.js'
import type { Space } from '../space/space.js'

/** What has to be changed is changed, and nothing else. */
export const leastCandidate = (space: Space): Candidate => space.canonical(space.original.slice())

/** Recipes by which forms are built alone: what sub-networks inherit from. */
export class SingleRecipes {
  readonly #byForm = new Map<string, readonly Decision[]>()
  readonly #all = new Set<string>()

  constructor(space: Space) {
    const least = leastCandidate(space)
    space.choices.forEach((choice, i) => {
      if (choice.kind === 'width') return
      for (const option of space.openOptions[i]!) {
        const decision = decisionOf(choice, option)
        if (decision === undefined) continue
        const { decisions } = recipeOf(space, space.with(least, i, option))
        this.#byForm.set(JSON.stringify(decision), decisions)
        this.#all.add(JSON.stringify(decisions))
      }
    })
  }

  has(decisions: readonly Decision[]): boolean {
    return this.#all.has(JSON.stringify(decisions))
  }

  /** By which a form is built alone. */
  of(form: Decision): readonly Decision[] {
    return this.#byForm.get(JSON.stringify(form)) ?? [form]
  }
}

import type { CostTableSpec } from '../../estimator/cost-table.js'
import type { Sweep } from '../../hw/memory/peak.js'
import { combinationCount, type Term } from '../algorithms/factors.js'
import type { CandidateTable } from './candidate-table.js'

/** Figures that are sums over kernels. */
export type AdditiveFigure = 'latencyMs' | 'energyMj' | 'weightBytes'

/** What candidates cost as sums of terms, each a function of the few choices that it depends on. */
export class CostTerms {
  readonly #spec: CostTableSpec
  readonly #sweep: Sweep
  readonly #kernels: readonly KernelTerm[]
  readonly #activations: readonly Term[]

  constructor({ table, sweep }: CandidateTable) {
    const { spec } = table
    this.#spec = spec
    this.#sweep = sweep
    this.#kernels = spec.kernels.map(({ choices, variant, repeats = 1 }) => ({
      choices,
      at: remembered((options) => {
        const found = variant(options)
        if (found === undefined) return nothing
        const { latencyMs, energyMj } = spec.cost(found)
        return { latencyMs: latencyMs * repeats, energyMj: energyMj * repeats, weightBytes: found.shape.weightBytes }
      }),
    }))
    this.#activations = spec.activations.map(({ choices, bytes }) => ({ choices, at: remembered(bytes) }))
  }

  /** One term for each kernel. */
  figure(figure: AdditiveFigure): Term[] {
    const terms = this.#kernels.map(({ choices, at }): Term => ({ choices, at: (options) => at(options)[figure] }))
    const { callMs = 0 } = this.#spec
    return figure === 'latencyMs' && callMs > 0 ? [...terms, { choices: [], at: () => callMs }] : terms
  }

  /**
   * Live bytes by slot: activations, less the result where it is written over one of them. Slots that cannot exceed `atMost` are
   * left out.
   */
  liveBytes(atMost: number): Term[][] {
    const { bornStart, born, dyingStart, dying, overwritableStart, overwritable, result } = this.#sweep
    const terms = this.#activations
    const largest = terms.map((term) => largestOf(term, this.#spec.optionCounts))
    const alive = new Set<number>()
    const slots: Term[][] = []
    for (let slot = 0; slot < result.length; slot++) {
      for (const index of born.subarray(bornStart[slot], bornStart[slot + 1])) alive.add(index)
      const most = [...alive].reduce((sum, index) => sum + largest[index]!, 0)
      if (most > atMost) {
        const over = [...overwritable.subarray(overwritableStart[slot], overwritableStart[slot + 1])]
        const taken =
          over.length === 0
            ? []
            : [
                overwritten(
                  terms[result[slot]!]!,
                  over.map((index) => terms[index]!),
                ),
              ]
        slots.push([...[...alive].map((index) => terms[index]!), ...taken])
      }
      for (const index of dying.subarray(dyingStart[slot], dyingStart[slot + 1])) alive.delete(index)
    }
    return slots
  }
}

interface KernelTerm {
  readonly choices: readonly number[]
  readonly at: (options: readonly number[]) => Readonly<Record<AdditiveFigure, number>>
}

const nothing = { latencyMs: 0, energyMj: 0, weightBytes: 0 }

/** Minus the result's bytes where one of the candidates is as large. */
function overwritten(result: Term, candidates: readonly Term[]): Term {
  const choices = [...new Set([result, ...candidates].flatMap((term) => term.choices))].sort((a, b) => a - b)
  const read = (term: Term) => {
    const places = term.choices.map((choice) => choices.indexOf(choice))
    return (options: readonly number[]) => term.at(places.map((place) => options[place]!))
  }
  const resultAt = read(result)
  const candidatesAt = candidates.map(read)
  return {
    choices,
    at: (options) => {
      const bytes = resultAt(options)
      return candidatesAt.some((at) => at(options) === bytes) ? -bytes : 0
    },
  }
}

function remembered<Value>(at: (options: readonly number[]) => Value): (options: readonly number[]) => Value {
  const known = new Map<string, Value>()
  return (options) => {
    const key = options.join()
    let value = known.get(key)
    if (value === undefined) known.set(key, (value = at(options)))
    return value
  }
}

/** A term of more combinations than this is taken to be as large as anything: nobody waits for its largest value. */
const mostLookedAt = 1 << 16

function largestOf(term: Term, optionCounts: readonly number[]): number {
  const { choices, at } = term
  if (combinationCount(choices, optionCounts) > mostLookedAt) return Number.POSITIVE_INFINITY
  let most = 0
  const visit = (options: readonly number[]) => {
    const choice = choices[options.length]
    if (choice === undefined) most = Math.max(most, at(options))
    else for (let option = 0; option < optionCounts[choice]!; option++) visit([...options, option])
  }
  visit([])
  return most
}

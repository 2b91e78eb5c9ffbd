import type { Highs } from 'highs'
import { combinationCount, type Factor, factorsOf, includes, type Term } from './factors.js'

/** One option for each choice, so that a sum of terms is least and others stay within limits. */
export interface SelectionProblem {
  readonly optionCounts: readonly number[]
  readonly objective: readonly Term[]
  readonly limits: readonly { readonly terms: readonly Term[]; readonly atMost: number }[]
}

export interface SelectionOptions {
  readonly timeLimitSeconds?: number
  /** The search ends when no selection can be better by more than this part; default 1e-6. */
  readonly gap?: number
}

export type Selection =
  | {
      readonly status: 'optimal' | 'time-limit'
      readonly options: readonly number[]
      readonly objective: number
      /** No selection is better than this. */
      readonly bound: number
      /** (objective - bound) / objective. */
      readonly gap: number
    }
  /** `time-limit`: nothing was found in time. `too-large`: there are more combinations than a program can hold. */
  | { readonly status: 'infeasible' | 'none-in-time' | 'too-large' }

/** More combinations than this make a program that nobody waits for. */
const mostCombinations = 400_000

/**
 * Solves a selection exactly, as a multiple-choice knapsack with couplings: an integer program with a variable for each option,
 * and for every factor one for each combination of its options, tied to the options by their sums (the local polytope). Solved by
 * HiGHS; what it proves is in the result.
 */
export async function select(problem: SelectionProblem, options: SelectionOptions = {}): Promise<Selection> {
  const { timeLimitSeconds, gap = 1e-6 } = options
  const program = new Program(problem)
  if (program.columns > mostCombinations) return { status: 'too-large' }
  // The solver takes no program without variables.
  if (program.columns === 0) return nothingToSelect(problem)
  const highs = await loaded()
  return highs.withModel(program.data(), (model): Selection => {
    model.options.set({ output_flag: false, mip_rel_gap: gap, mip_abs_gap: 0, random_seed: 1 })
    if (timeLimitSeconds !== undefined) model.options.set({ time_limit: timeLimitSeconds })
    model.run()
    const status = model.getModelStatus()
    const { modelStatus } = highs.constants
    if (status === modelStatus.infeasible) return { status: 'infeasible' }
    const { colValue } = model.getSolution()
    const isFeasible = Number(model.info.get('primal_solution_status')) === 2
    if (!isFeasible) return { status: 'none-in-time' }
    return {
      status: status === modelStatus.optimal ? 'optimal' : 'time-limit',
      options: program.optionsIn(colValue),
      objective: model.getObjectiveValue(),
      bound: Number(model.info.get('mip_dual_bound')),
      gap: Number(model.info.get('mip_gap')),
    }
  })
}

function nothingToSelect({ objective, limits }: SelectionProblem): Selection {
  const total = (terms: readonly Term[]) => terms.reduce((sum, { at }) => sum + at([]), 0)
  if (limits.some(({ terms, atMost }) => total(terms) > atMost)) return { status: 'infeasible' }
  return { status: 'optimal', options: [], objective: total(objective), bound: total(objective), gap: 0 }
}

let solver: Promise<Highs> | undefined

/** The solver is WebAssembly of some size: loaded when first asked for. */
async function loaded(): Promise<Highs> {
  // Its types are of the CommonJS build, where the default export is one level deeper.
  solver ??= import('highs').then(({ default: load }) => (load as unknown as typeof load.default)())
  return solver
}

/** A sparse row: columns and their coefficients. */
type Row = Map<number, number>

class Program {
  readonly #problem: SelectionProblem
  readonly #factors: readonly Factor[]
  /** First column of each choice's options, and of each factor's combinations. */
  readonly #firstOfChoice: number[] = []
  readonly #firstOfFactor: number[] = []
  readonly columns: number
  #offset = 0
  /** Options that cost more than any number. */
  readonly #impossible = new Set<number>()

  constructor(problem: SelectionProblem) {
    this.#problem = problem
    const { optionCounts, objective, limits } = problem
    const coupled = [...objective, ...limits.flatMap(({ terms }) => terms)].filter(({ choices }) => choices.length > 1)
    this.#factors = factorsOf(coupled, optionCounts)
    let column = 0
    for (const count of optionCounts) {
      this.#firstOfChoice.push(column)
      column += count
    }
    for (const factor of this.#factors) {
      this.#firstOfFactor.push(column)
      column += combinationCount(factor, optionCounts)
    }
    this.columns = column
  }

  data() {
    const { optionCounts, objective, limits } = this.#problem
    const cost: Row = new Map()
    this.#offset = this.#add(objective, cost)
    const rows: Row[] = []
    const lower: number[] = []
    const upper: number[] = []
    const row = (from: number, to: number, entries: Row) => {
      rows.push(entries)
      lower.push(from)
      upper.push(to)
    }
    for (const [choice, count] of optionCounts.entries())
      row(1, 1, new Map(Array.from({ length: count }, (_, option) => [this.#firstOfChoice[choice]! + option, 1])))
    this.#factors.forEach((factor, f) => {
      for (const entries of this.#marginals(factor, f)) row(0, 0, entries)
    })
    for (const { terms, atMost } of limits) {
      const entries: Row = new Map()
      const fixed = this.#add(terms, entries)
      // Columns are 0 or 1: large numbers of bytes would drown the tolerances.
      const scale = Math.max(1e-12, ...[...entries.values()].map(Math.abs))
      row(-Infinity, (atMost - fixed) / scale, new Map([...entries].map(([column, value]) => [column, value / scale])))
    }
    const starts = [0]
    const indices: number[] = []
    const values: number[] = []
    for (const entries of rows) {
      for (const [column, value] of entries) {
        indices.push(column)
        values.push(value)
      }
      starts.push(indices.length)
    }
    const options = this.#firstOfFactor[0] ?? this.columns
    return {
      numCols: this.columns,
      numRows: rows.length,
      offset: this.#offset,
      colCost: Float64Array.from({ length: this.columns }, (_, column) => cost.get(column) ?? 0),
      colLower: new Float64Array(this.columns),
      colUpper: Float64Array.from({ length: this.columns }, (_, column) => (this.#impossible.has(column) ? 0 : 1)),
      rowLower: lower,
      rowUpper: upper,
      integrality: Int32Array.from({ length: this.columns }, (_, column) => (column < options ? 1 : 0)),
      matrix: { format: 'csr', numRows: rows.length, numCols: this.columns, starts, indices, values } as const,
    }
  }

  optionsIn(values: Float64Array): number[] {
    return this.#problem.optionCounts.map((count, choice) => {
      const own = values.subarray(this.#firstOfChoice[choice]!, this.#firstOfChoice[choice]! + count)
      return own.reduce((best, value, option) => (value > own[best]! ? option : best), 0)
    })
  }

  /** What the combinations with an option add up to is the option. */
  *#marginals(factor: Factor, f: number): Generator<Row> {
    const { optionCounts } = this.#problem
    const first = this.#firstOfFactor[f]!
    const rows = factor.map((choice) => Array.from({ length: optionCounts[choice]! }, (): Row => new Map()))
    combinations(factor, optionCounts, (options, index) => {
      options.forEach((option, i) => {
        rows[i]![option]!.set(first + index, 1)
      })
    })
    for (const [i, choice] of factor.entries()) {
      for (const [option, entries] of rows[i]!.entries()) {
        entries.set(this.#firstOfChoice[choice]! + option, -1)
        yield entries
      }
    }
  }

  /** Adds terms to a row; gives the sum of those that no choice touches. */
  #add(terms: readonly Term[], row: Row): number {
    let fixed = 0
    const { optionCounts } = this.#problem
    const add = (column: number, value: number) => {
      if (value === Number.POSITIVE_INFINITY) this.#impossible.add(column)
      else if (value !== 0) row.set(column, (row.get(column) ?? 0) + value)
    }
    for (const { choices, at } of terms) {
      const [only, ...others] = choices
      if (only === undefined) fixed += at([])
      else if (others.length === 0)
        for (let option = 0; option < optionCounts[only]!; option++)
          add(this.#firstOfChoice[only]! + option, at([option]))
      else {
        const f = this.#factors.findIndex((factor) => includes(factor, choices))
        const factor = this.#factors[f]!
        const places = choices.map((choice) => factor.indexOf(choice))
        const known = new Map<number, number>()
        combinations(factor, optionCounts, (options, index) => {
          const own = places.map((place) => options[place]!)
          const key = own.reduce((all, option, i) => all * optionCounts[choices[i]!]! + option, 0)
          let value = known.get(key)
          if (value === undefined) known.set(key, (value = at(own)))
          add(this.#firstOfFactor[f]! + index, value)
        })
      }
    }
    return fixed
  }
}

/** All combinations of a factor's options in turn, the last choice running fastest; the list is the same every time. */
function combinations(
  factor: Factor,
  optionCounts: readonly number[],
  visit: (options: readonly number[], at: number) => void,
): void {
  const count = combinationCount(factor, optionCounts)
  const options = factor.map(() => 0)
  for (let at = 0; at < count; at++) {
    visit(options, at)
    for (let i = factor.length - 1; i >= 0; i--) {
      options[i]! += 1
      if (options[i]! < optionCounts[factor[i]!]!) break
      options[i] = 0
    }
  }
}

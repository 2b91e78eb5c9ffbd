import { UserError } from '../ir/errors.js'

/** What a budget may be set for. */
export const budgetFigures = ['latency', 'energy', 'memory', 'weights', 'activations'] as const

export type BudgetFigure = (typeof budgetFigures)[number]

/** A hard limit: in milliseconds, millijoules or bytes, or as a share of what the original takes. */
export interface Budget {
  readonly figure: BudgetFigure
  readonly atMost: number
  readonly isShare: boolean
}

/** Figures of a candidate that budgets are about. `memory` is weights and activations together. */
export interface BudgetedFigures {
  readonly latencyMs: number
  readonly energyMj: number
  readonly weightBytes: number
  readonly peakBytes: number
}

const units: Readonly<Record<BudgetFigure, Readonly<Record<string, number>>>> = {
  latency: { s: 1e3, ms: 1, us: 1e-3 },
  energy: { J: 1e3, mJ: 1, uJ: 1e-3 },
  memory: { MB: 1e6, MiB: 2 ** 20, KB: 1e3, KiB: 2 ** 10, B: 1 },
  weights: { MB: 1e6, MiB: 2 ** 20, KB: 1e3, KiB: 2 ** 10, B: 1 },
  activations: { MB: 1e6, MiB: 2 ** 20, KB: 1e3, KiB: 2 ** 10, B: 1 },
}

/** `latency=2ms,memory=900KB,weights=70%`. Throws UserError `usage` with the part at fault. */
export function parseBudgets(text: string): Budget[] {
  const budgets = text.split(',').map(parseBudget)
  budgets.forEach(({ figure }, i) => {
    if (budgets.findIndex((other) => other.figure === figure) < i)
      throw new UserError('usage', '--budget', `two budgets for ${figure}`, 'give one for each figure')
  })
  return budgets
}

function parseBudget(part: string): Budget {
  const [, name, number, unit] = /^\s*(\w+)\s*=\s*([\d.]+(?:e[+-]?\d+)?)\s*([A-Za-z]+|%)\s*$/.exec(part) ?? []
  const figure = budgetFigures.find((each) => each === name)
  if (name !== undefined && figure === undefined)
    throw new UserError('usage', '--budget', `no budget for "${name}"`, `use ${budgetFigures.join(', ')}`)
  const factor = figure === undefined || unit === undefined ? undefined : unit === '%' ? 0.01 : units[figure][unit]
  const atMost = Number(number) * (factor ?? Number.NaN)
  if (figure === undefined || !(atMost > 0)) {
    const known = figure === undefined ? 'latency=2ms,memory=900KB' : `${Object.keys(units[figure]).join(', ')} or %`
    throw new UserError('usage', '--budget', `"${part}" is no budget`, `give it like ${known}`)
  }
  return { figure, atMost, isShare: unit === '%' }
}

/** Limits in absolute numbers, shares taken of the original's figures. */
export const absoluteBudgets = (budgets: readonly Budget[], original: BudgetedFigures): Budget[] =>
  budgets.map((budget) =>
    budget.isShare ? { ...budget, atMost: budget.atMost * figureOf(original, budget.figure), isShare: false } : budget,
  )

export function figureOf(
  { latencyMs, energyMj, weightBytes, peakBytes }: BudgetedFigures,
  figure: BudgetFigure,
): number {
  switch (figure) {
    case 'latency':
      return latencyMs
    case 'energy':
      return energyMj
    case 'memory':
      return weightBytes + peakBytes
    case 'weights':
      return weightBytes
    case 'activations':
      return peakBytes
  }
}

/** By how much the limits are exceeded, as shares of them added up; 0: all are kept. Budgets are absolute. */
export function violationOf(figures: BudgetedFigures, budgets: readonly Budget[]): number {
  let violation = 0
  for (const { figure, atMost } of budgets) violation += Math.max(0, figureOf(figures, figure) / atMost - 1)
  return violation
}

import type { Target } from '../hw/target.js'
import { UserError } from '../ir/errors.js'
import { absoluteBudgets, type Budget, type BudgetedFigures, type BudgetFigure } from './budgets.js'

/** A model that stays on the device beside the one that is searched. */
export interface CoResident {
  readonly file: string
  readonly weightBytes: number
  readonly peakActivationBytes: number
}

/** A device that several models share, and what of it is left for one of them. */
export interface SharedMemory {
  /** For the weights of all models and the activations of the one that runs. */
  readonly deviceBytes: number
  readonly source: 'target' | 'budget'
  readonly models: readonly CoResident[]
  readonly left: {
    /** For weights and activations of the model together. */
    readonly memoryBytes: number
    /** For its weights, so that the others can run too. */
    readonly weightBytes: number
  }
  /** Absolute: those given, with what is left in place of the device's. */
  readonly budgets: readonly Budget[]
}

/**
 * One model runs at a time: the weights of all and the largest of their peaks have to fit,
 *
 *     w + W + max(p, P) <= device   <=>   w + p <= device - W   and   w <= device - W - P
 *
 * with the model's weights w and peak p, the others' weights W together and their largest peak P. The device has what
 * `--budget memory` says (a share is one of what all models take as they are), and no more than the target. Throws UserError
 * `usage` where nobody says what the device has, `unreachable` where the others fill it.
 */
export function shareMemory(
  models: readonly CoResident[],
  given: readonly Budget[],
  original: BudgetedFigures,
  target: Target,
): SharedMemory {
  const weightBytes = models.reduce((sum, model) => sum + model.weightBytes, 0)
  const peakBytes = Math.max(0, ...models.map((model) => model.peakActivationBytes))
  const budgets = absoluteBudgets(given, original)
  const { deviceBytes, source } = deviceOf(given, target, {
    ...original,
    weightBytes: original.weightBytes + weightBytes,
    peakBytes: Math.max(original.peakBytes, peakBytes),
  })
  const left = { memoryBytes: deviceBytes - weightBytes, weightBytes: deviceBytes - weightBytes - peakBytes }
  if (left.weightBytes <= 0) {
    const files = models.map(({ file }) => file).join(', ')
    throw new UserError(
      'unreachable',
      '--co-resident',
      `${files}: ${weightBytes} bytes of weights and ${peakBytes} of activations leave nothing of ${deviceBytes}`,
      'allow more with --budget memory, take another target, or leave a model out',
    )
  }
  const limits = { memory: left.memoryBytes, weights: left.weightBytes }
  const others = budgets.filter(({ figure }) => figure !== 'memory' && figure !== 'weights')
  return {
    deviceBytes,
    source,
    models,
    left,
    budgets: [...others, limited(budgets, 'weights', limits.weights), limit('memory', limits.memory)],
  }
}

function deviceOf(
  given: readonly Budget[],
  { name, memory }: Target,
  all: BudgetedFigures,
): Pick<SharedMemory, 'deviceBytes' | 'source'> {
  const [budget] = absoluteBudgets(
    given.filter(({ figure }) => figure === 'memory'),
    all,
  )
  const ofTarget = memory.deviceBytes ?? Number.POSITIVE_INFINITY
  if (budget !== undefined && budget.atMost <= ofTarget) return { deviceBytes: budget.atMost, source: 'budget' }
  if (memory.deviceBytes !== undefined) return { deviceBytes: memory.deviceBytes, source: 'target' }
  const what = `nobody says how much memory there is: ${name} does not`
  throw new UserError('usage', '--co-resident', what, 'give it with --budget memory=4MB')
}

const limit = (figure: BudgetFigure, atMost: number): Budget => ({ figure, atMost, isShare: false })

/** The budget given, if it is the tighter one. */
const limited = (budgets: readonly Budget[], figure: BudgetFigure, atMost: number): Budget =>
  budgets.find((budget) => budget.figure === figure && budget.atMost <= atMost) ?? limit(figure, atMost)

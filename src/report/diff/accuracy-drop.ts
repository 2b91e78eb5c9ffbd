import { significant } from '../format.js'
import type { Assertable } from './assertions.js'
import type { SideAccuracy } from './side.js'

/** How well a side does. `drop` is against the original of its own report. Infinite figures are null in JSON. */
export type Scored = Pick<SideAccuracy, 'metric' | 'higherIsBetter'> & {
  readonly score: number | null
  readonly drop: number | null
}

/**
 * By how much `after` is worse: than `before` where both have the metric, else than the original of its own report. undefined:
 * nothing is known of it.
 */
export function dropBetween(before: Scored | undefined, after: Scored | undefined): number | undefined {
  const drop = before === undefined ? after?.drop : differenceOf(before, after)
  return isNumber(drop) ? drop : undefined
}

function differenceOf(before: Scored, after: Scored | undefined): number | undefined {
  if (before.metric !== after?.metric || !isNumber(before.score) || !isNumber(after.score)) return undefined
  return after.higherIsBetter ? before.score - after.score : after.score - before.score
}

/** `accuracy` and `accuracy.drop`, where they are known. */
export function assertableAccuracy(before: Scored | undefined, after: Scored | undefined): Assertable[] {
  const drop = dropBetween(before, after)
  const isComparable = before?.metric === after?.metric && isNumber(before?.score)
  return [
    ...(isNumber(after?.score)
      ? [{ key: 'accuracy', ...(isComparable && { before: before!.score! }), after: after.score, format: significant }]
      : []),
    ...(drop === undefined ? [] : [{ key: 'accuracy.drop', after: drop, format: significant }]),
  ]
}

const isNumber = (value: number | null | undefined): value is number => Number.isFinite(value)

import { UserError } from '../ir/errors.js'
import type { Interval } from './bootstrap.js'

/** Whether a result may be emitted. */
export interface GateVerdict {
  readonly verdict: 'passed' | 'failed' | 'none'
  /** null: no limit was given. */
  readonly maxDrop: number | null
  /** One sentence. */
  readonly reason: string
}

/** 0.84 - 0.83 is a little more than 0.01. */
const rounding = 1e-9

/**
 * Judges by the drop that was measured, not by its interval; the words say where the interval crosses the limit. Throws
 * UserError `usage` for a drop that no limit can be compared with.
 */
export function gate(measured: {
  readonly drop: number
  readonly interval: Interval
  readonly maxDrop: number | undefined
}): GateVerdict {
  const { drop, interval, maxDrop } = measured
  if (maxDrop === undefined) return { verdict: 'none', maxDrop: null, reason: 'no largest drop was given' }
  if (!Number.isFinite(drop)) {
    const remedy = 'choose another with --metric, for example agreement or cosine'
    throw new UserError('usage', '--max-drop', 'the metric has no drop that a limit could be compared with', remedy)
  }
  const passed = drop <= maxDrop + rounding
  const found = `the drop is ${short(drop)}, allowed ${short(maxDrop)}`
  const isOpen = interval[0] <= maxDrop && maxDrop < interval[1]
  const doubt = isOpen
    ? `; its interval ${short(interval[0])} to ${short(interval[1])} lies on both sides of the limit`
    : ''
  return { verdict: passed ? 'passed' : 'failed', maxDrop, reason: found + doubt }
}

const short = (value: number): string => String(Number(value.toFixed(4)))

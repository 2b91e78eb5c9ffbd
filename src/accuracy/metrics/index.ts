import type { Metric } from './metric.js'
import { top1, top5 } from './top-k.js'

/** Every metric; the first of those that fit is the one a gate looks at. */
export const metrics: readonly Metric[] = [top1, top5]

import { UserError } from '../../ir/errors.js'
import type { Labels } from '../data-set.js'
import { cosineSimilarity, divergence, expectedDrop, signalToNoise, top1Agreement } from './agreement.js'
import { averagePrecision } from './average-precision.js'
import type { Metric } from './metric.js'
import { meanIntersectionOverUnion, pixelAccuracy } from './segmentation.js'
import { top1, top5 } from './top-k.js'

/** Every metric; of those that need the same, the first is the one a gate looks at unless another is asked for. */
export const metrics: readonly Metric[] = [
  top1,
  top5,
  meanIntersectionOverUnion,
  pixelAccuracy,
  averagePrecision,
  top1Agreement,
  cosineSimilarity,
  signalToNoise,
  divergence,
  expectedDrop,
]

/**
 * What can be computed from those labels (without any: agreement with a reference), the one asked for first. Throws UserError
 * `usage` for a metric that does not exist or needs something else.
 */
export function metricsFor(labels: Labels | undefined, id?: string | undefined): readonly Metric[] {
  const available = labels?.kind ?? 'reference'
  const asked = id === undefined ? undefined : metrics.find((metric) => metric.id === id)
  if (id !== undefined && asked === undefined) {
    const known = metrics.map((metric) => metric.id).join(', ')
    throw new UserError('usage', '--metric', `no metric "${id}"`, `use one of ${known}`)
  }
  // Agreement is there with labels too, but only when asked for.
  const needs = asked?.needs ?? available
  if (needs !== 'reference' && needs !== available) {
    const what = `${id} needs ${needs}, ${labels === undefined ? 'no labels were given' : `the labels are ${available}`}`
    throw new UserError('usage', '--metric', what, 'give such labels with --labels, or another metric')
  }
  const fitting = metrics.filter((metric) => metric.needs === needs)
  return asked === undefined ? fitting : [asked, ...fitting.filter((metric) => metric !== asked)]
}

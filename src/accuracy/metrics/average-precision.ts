import { UserError } from '../../ir/errors.js'
import type { Detection } from '../detectors/detector.js'
import { detect } from '../detectors/index.js'
import { intersectionOverUnion } from '../detectors/overlap.js'
import type { Figure, Metric, ScoredSample } from './metric.js'

/** A detection that found an object overlaps its box at least this much. */
const matchThreshold = 0.5

/** What a sample gives: each detection with its verdict, and how many objects of each class there are. */
interface Verdict {
  /** Place of the sample among those that were scored. */
  readonly at: number
  readonly class: number
  readonly score: number
  readonly isRight: boolean
}

/**
 * Detections of all images by score, each right if it takes a box of its class and image that no better one took (the one it
 * overlaps most, at least by half); the area under precision over recall, precision made to fall only. Mean over the classes
 * that occur. Source: PASCAL VOC 2010 and later, all points.
 */
export const averagePrecision: Metric = {
  id: 'ap-50',
  title: 'average precision at IoU 0.5',
  definition: 'area under precision over recall, boxes matched at an overlap of a half; mean over classes',
  higherIsBetter: true,
  unit: 'share',
  needs: 'boxes',
  start() {
    const verdicts: Verdict[] = []
    const objects: Map<number, number>[] = []
    return {
      add(sample) {
        const { found, truths } = judged(sample)
        for (const verdict of found) verdicts.push({ at: objects.length, ...verdict })
        objects.push(truths)
      },
      scored: () => ({ figure: meanOverClasses(verdicts, objects) }),
    }
  },
}

function judged({ sample, outputs, labels, imageSize }: ScoredSample) {
  if (labels?.kind !== 'boxes')
    throw new UserError('invalid-data', '', 'boxes are missing', 'give a .json of boxes with --labels')
  const truths = labels.boxes[sample]!
  const taken = new Set<number>()
  const found = detect(outputs, imageSize).map((detection) => {
    const match = bestMatch(detection, truths, taken)
    if (match >= 0) taken.add(match)
    return { class: detection.class, score: detection.score, isRight: match >= 0 }
  })
  const counts = new Map<number, number>()
  for (const truth of truths) counts.set(truth.class, (counts.get(truth.class) ?? 0) + 1)
  return { found, truths: counts }
}

function bestMatch(
  detection: Detection,
  truths: readonly { readonly box: Detection['box']; readonly class: number }[],
  taken: ReadonlySet<number>,
): number {
  let best = -1
  let bestOverlap = matchThreshold
  truths.forEach((truth, at) => {
    if (truth.class !== detection.class || taken.has(at)) return
    const overlap = intersectionOverUnion(detection.box, truth.box)
    if (overlap > bestOverlap || (best < 0 && overlap === bestOverlap)) [best, bestOverlap] = [at, overlap]
  })
  return best
}

function meanOverClasses(verdicts: readonly Verdict[], objects: readonly ReadonlyMap<number, number>[]): Figure {
  const classes = [...new Set(objects.flatMap((counts) => [...counts.keys()]))].sort((a, b) => a - b)
  const sorted = classes.map((index) => ({
    found: verdicts.filter((verdict) => verdict.class === index).sort((a, b) => b.score - a.score),
    counts: Float64Array.from(objects, (counts) => counts.get(index) ?? 0),
  }))
  return (weights) => {
    const areas = sorted.map(({ found, counts }) => areaUnderCurve(found, counts, weights))
    const known = areas.filter((area) => area !== undefined)
    return known.length === 0 ? Number.NaN : known.reduce((sum, area) => sum + area, 0) / known.length
  }
}

/** undefined: no object of the class is among those that count. */
function areaUnderCurve(
  found: readonly Verdict[],
  counts: Float64Array,
  weights: ArrayLike<number>,
): number | undefined {
  const objects = counts.reduce((sum, count, at) => sum + weights[at]! * count, 0)
  if (objects === 0) return undefined
  const recall = new Float64Array(found.length)
  const precision = new Float64Array(found.length)
  let right = 0
  let all = 0
  found.forEach(({ at, isRight }, i) => {
    all += weights[at]!
    if (isRight) right += weights[at]!
    recall[i] = right / objects
    precision[i] = all === 0 ? 1 : right / all
  })
  let area = 0
  let ceiling = 0
  for (let i = found.length - 1; i >= 0; i--) {
    ceiling = Math.max(ceiling, precision[i]!)
    area += (recall[i]! - (i === 0 ? 0 : recall[i - 1]!)) * ceiling
  }
  return area
}

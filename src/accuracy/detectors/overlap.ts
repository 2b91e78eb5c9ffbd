import type { Box } from '../geometry.js'
import type { Detection } from './detector.js'

/** Area of the intersection over the area of the union. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (width <= 0 || height <= 0) return 0
  const area = ([x0, y0, x1, y1]: Box) => (x1 - x0) * (y1 - y0)
  const intersection = width * height
  return intersection / (area(a) + area(b) - intersection)
}

/** Greedy: the best first, and none of its class that overlaps it more than the threshold. Equal scores keep their order. */
export function suppressOverlaps(detections: readonly Detection[], threshold: number): Detection[] {
  const kept: Detection[] = []
  for (const detection of byScore(detections)) {
    const isCovered = kept.some(
      (better) => better.class === detection.class && intersectionOverUnion(better.box, detection.box) > threshold,
    )
    if (!isCovered) kept.push(detection)
  }
  return kept
}

export const byScore = (detections: readonly Detection[]): Detection[] =>
  [...detections].sort((a, b) => b.score - a.score)

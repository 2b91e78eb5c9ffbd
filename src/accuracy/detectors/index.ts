import { UserError } from '../../ir/errors.js'
import type { Size } from '../geometry.js'
import type { Outputs } from '../outputs.js'
import { cellDistances } from './cell-distances.js'
import { cornerBoxes } from './corner-boxes.js'
import type { Detection, Detector } from './detector.js'
import { fastestDet } from './fastest-det.js'
import { byScore, suppressOverlaps } from './overlap.js'
import { priorBoxes } from './prior-boxes.js'
import { selectedBoxes } from './selected-boxes.js'
import { yolox } from './yolox.js'

/** Every family of detectors; the first that recognises the outputs reads them. */
export const detectors: readonly Detector[] = [cellDistances, fastestDet, cornerBoxes, priorBoxes, yolox, selectedBoxes]

/** What a model found in one image, the best first. Throws UserError `invalid-data` for outputs that nobody knows. */
export function detect(outputs: Outputs, image: Size | undefined): Detection[] {
  const detector = detectors.find((each) => each.recognises(outputs, image))
  if (detector === undefined) {
    const found = [...outputs].map(([name, { dims }]) => `${name} [${dims.join(', ')}]`).join(', ')
    const known = detectors.map(({ id }) => id).join(', ')
    const what = `outputs ${found} are of no detector that is known (${known})`
    throw new UserError('invalid-data', '', what, 'leave out the labels: agreement with the original needs none')
  }
  const { scoreThreshold, overlapThreshold } = detector
  const candidates = detector.decode(outputs, image).filter(({ score }) => score >= scoreThreshold)
  return overlapThreshold === undefined ? byScore(candidates) : suppressOverlaps(candidates, overlapThreshold)
}

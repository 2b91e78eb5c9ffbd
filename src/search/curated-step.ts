import { widthStep } from '../estimator/lanes.js'
import type { Target } from '../hw/target.js'

/** Widths of targets without lanes: what runtimes for processors vectorise. */
const commonWidthStep = 8

/** Channels between sizes that a target likes. */
export const curatedStep = (target: Target): number => widthStep(target) ?? commonWidthStep

import type { SystolicTarget, Target } from '../hw/target.js'
import { leastCommonMultiple } from '../ir/divisors.js'
import { loadPredictor } from './predictor.js'

/** Channels that a target takes at once, along the input and the output channels of a layer. 1: as many as there are. */
export interface Lanes {
  readonly input: number
  readonly output: number
}

/** undefined: latency has no steps, as far as anybody knows. */
export function lanesOf(target: Target): Lanes | undefined {
  switch (target.kind) {
    case 'dot-product-array':
      return { input: target.array.inputLanes, output: target.array.outputLanes }
    case 'systolic-array':
      return systolicLanes(target.array)
    case 'microblock-array':
      return { input: target.array.dotProductDepth, output: target.array.microblock.channels }
    case 'measured':
      return loadPredictor(target.predictor).file.parallelism
  }
}

/** Rows and columns hold what is stationary: weights, outputs (positions x channels) or inputs. */
function systolicLanes({ rows, columns, dataflow }: SystolicTarget['array']): Lanes {
  switch (dataflow) {
    case 'weight-stationary':
      return { input: rows, output: columns }
    case 'output-stationary':
      return { input: 1, output: columns }
    case 'input-stationary':
      return { input: rows, output: 1 }
  }
}

/** A width that is a multiple of it leaves no lane idle, neither where the channels are made nor where they are read. */
export function widthStep(target: Target): number | undefined {
  const lanes = lanesOf(target)
  if (lanes === undefined) return undefined
  const { input, output } = lanes
  return leastCommonMultiple(input, output)
}

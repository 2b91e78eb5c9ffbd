import type { KernelShape } from '../shape.js'
import type { ArrayTarget } from '../target.js'
import { costOf, type KernelCost, type Placement, vectorElements } from './cost.js'

/** A kernel of the vector unit; MACs that nothing maps to the array in particular run there at its peak. */
export function vectorCost(
  shape: KernelShape,
  target: ArrayTarget,
  { dramInputBytes, dramOutputBytes }: Placement,
  peakMacs: number,
): KernelCost {
  const computeCycles = vectorElements(shape) / target.vector.elementsPerCycle + shape.macs / peakMacs
  const { weightBytes, inputBytes, outputBytes } = shape
  const traffic = {
    dramBytes: weightBytes + dramInputBytes + dramOutputBytes,
    sramBytes: weightBytes + inputBytes + outputBytes,
  }
  return costOf({ unit: 'vector', computeCycles, peakMacs }, shape, traffic, target)
}

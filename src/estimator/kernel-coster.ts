import { kernelCost, millisecondsOf } from '../hw/cycles/index.js'
import { energyMj } from '../hw/energy.js'
import type { Target } from '../hw/target.js'
import type { KernelFigures, KernelVariant } from './cost-table.js'
import { inNetworkMs } from './interaction.js'
import { loadPredictor, type Predictor } from './predictor.js'

/**
 * What one run of a kernel costs on a target, from its numbers alone: what a cost table asks. `predictor` replaces the one
 * of a measured target.
 */
export function kernelCoster(target: Target, predictor?: Predictor): (variant: KernelVariant) => KernelFigures {
  if (target.kind === 'measured') {
    const measured = predictor ?? loadPredictor(target.predictor)
    const { interaction } = measured.file
    const resident = target.memory.sramBytes * target.memory.residentFraction
    return ({ shape, placement }) => {
      const { inputBytes, outputBytes, weightBytes, macs } = shape
      const spilled = (bytes: number) => (bytes > resident ? bytes : 0)
      const dramInputBytes = placement?.dramInputBytes ?? spilled(inputBytes)
      const dramOutputBytes = placement?.dramOutputBytes ?? spilled(outputBytes)
      const sramBytes = inputBytes + outputBytes + weightBytes
      const work = { macs, sramBytes, dramBytes: weightBytes + dramInputBytes + dramOutputBytes }
      const aloneMs = measured.latencyMs(shape)
      const latencyMs = interaction === undefined ? aloneMs : inNetworkMs(aloneMs, shape, interaction)
      return { latencyMs, energyMj: energyMj(work, target, shape.precision) }
    }
  }
  return ({ shape, placement }) => {
    const { cycles, sramBytes, dramBytes } = kernelCost(shape, target, placement)
    const work = { macs: shape.macs, sramBytes, dramBytes }
    return { latencyMs: millisecondsOf(cycles, target), energyMj: energyMj(work, target, shape.precision) }
  }
}

import { kernelCost, millisecondsOf } from '../hw/cycles/index.js'
import { energyMj, movedBytes } from '../hw/energy.js'
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
    return ({ shape, placement }) => {
      const work = { macs: shape.macs, ...movedBytes(shape, target, placement) }
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

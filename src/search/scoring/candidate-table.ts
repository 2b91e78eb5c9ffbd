import { CostTable, type TableKernel } from '../../estimator/cost-table.js'
import { callOfMs } from '../../estimator/interaction.js'
import { kernelCoster } from '../../estimator/kernel-coster.js'
import { loadPredictor } from '../../estimator/predictor.js'
import { peakOf, type Sweep } from '../../hw/memory/peak.js'
import type { Target } from '../../hw/target.js'
import { planActivations } from './activations.js'
import { candidateKernels, tableKernel } from './candidate-kernel.js'
import { LayoutKernels } from './layout-kernels.js'
import type { Structure } from './structure.js'
import { Timeline, type Variation } from './timeline.js'

/** What candidates cost, and the order in which their activations come and go. */
export interface CandidateTable {
  readonly table: CostTable
  readonly sweep: Sweep
}

/**
 * The cost table of a search: kernels of the base, gone under the options that remove them, and those that options bring.
 * `optionCounts` by choice, width choices first.
 */
export function candidateTable(
  base: Structure,
  variations: readonly Variation[],
  optionCounts: readonly number[],
  target: Target,
): CandidateTable {
  const { alignBytes = 1 } = target.memory
  const timeline = new Timeline(base, variations, alignBytes)
  const { activations, sweep } = planActivations(timeline, variations, optionCounts, alignBytes)
  const table = new CostTable({
    optionCounts,
    kernels: tableKernels(base, variations, optionCounts, target),
    activations,
    peakBytes: (sizes) => peakOf({ sweep }, sizes),
    cost: kernelCoster(target),
    callMs: callMsOf(base, target),
  })
  return { table, sweep }
}

/** Why what candidates cost is not to the figure what they cost when they are built; undefined: it is. */
export const approximationOf = (target: Target): string | undefined =>
  target.kind === 'microblock-array'
    ? 'kernels are scored one by one, without what runs before and after them'
    : undefined

function tableKernels(
  base: Structure,
  variations: readonly Variation[],
  optionCounts: readonly number[],
  target: Target,
): TableKernel[] {
  const kernels = candidateKernels(base, variations)
  const { layout } = target.fusion
  if (layout === undefined || kernels.length === 0) return kernels.map(tableKernel)
  return new LayoutKernels(kernels, variations, layout, target, optionCounts).tableKernels()
}

/** What the runtime of a measured target takes for a call. */
function callMsOf({ model }: Structure, target: Target): number {
  if (target.kind !== 'measured') return 0
  const { interaction } = loadPredictor(target.predictor).file
  return interaction === undefined ? 0 : callOfMs(model.graph, interaction)
}

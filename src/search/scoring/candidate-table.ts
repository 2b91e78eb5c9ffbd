import { CostTable, type TableKernel } from '../../estimator/cost-table.js'
import { callOfMs } from '../../estimator/interaction.js'
import { kernelCoster } from '../../estimator/kernel-coster.js'
import { loadPredictor } from '../../estimator/predictor.js'
import { peakOf, type Sweep } from '../../hw/memory/peak.js'
import type { Target } from '../../hw/target.js'
import { planActivations } from './activations.js'
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
    kernels: [...baseKernels(base, variations), ...variations.flatMap(addedKernels)],
    activations,
    peakBytes: (sizes) => peakOf({ sweep }, sizes),
    cost: kernelCoster(target),
    callMs: callMsOf(base, target),
  })
  return { table, sweep }
}

/** Why what candidates cost is not to the figure what they cost when they are built; undefined: it is. */
export function approximationOf(target: Target): string | undefined {
  if (target.kind === 'microblock-array')
    return 'kernels are scored one by one, without what runs before and after them'
  if (target.fusion.layout !== undefined) return 'copies into and out of blocked layouts are left out'
  return undefined
}

function baseKernels(base: Structure, variations: readonly Variation[]): TableKernel[] {
  return base.kernels.map(({ kernel, widths }, i) => {
    const removing = variations.filter(({ match }) => match.removed.has(i))
    const blocks = [...new Set(removing.map(({ choice }) => choice))]
    const isGone = (options: readonly number[]) =>
      removing.some(({ choice, option }) => options[blocks.indexOf(choice)] === option)
    return {
      name: kernel.name,
      choices: [...blocks, ...widths],
      repeats: kernel.repeats,
      variant: (options) => (isGone(options) ? undefined : base.variant(kernel, widths, options.slice(blocks.length))),
    }
  })
}

const addedKernels = ({ choice, option, structure, match }: Variation): TableKernel[] =>
  match.added.map((i) => {
    const { kernel, widths } = structure.kernels[i]!
    return {
      name: kernel.name,
      choices: [choice, ...widths],
      repeats: kernel.repeats,
      variant: ([chosen, ...options]) => (chosen === option ? structure.variant(kernel, widths, options) : undefined),
    }
  })

/** What the runtime of a measured target takes for a call. */
function callMsOf({ model }: Structure, target: Target): number {
  if (target.kind !== 'measured') return 0
  const { interaction } = loadPredictor(target.predictor).file
  return interaction === undefined ? 0 : callOfMs(model.graph, interaction)
}

import { bottleneckOf } from '../estimator/bottleneck.js'
import { changedKernels, latencyOf, macsOf, type Profile } from '../estimator/profile.js'
import type { Target } from '../hw/target.js'
import { nodeName } from '../passes/architecture/block.js'
import type { DecisionResult } from '../passes/architecture/recipe.js'
import type { AdvisedAlternative } from '../report/advice.js'
import { figuresOfDecision } from '../report/decision-figures.js'
import { reasonText } from '../report/reason.js'
import { type Fidelity, meanNoise } from '../tune/fidelity.js'

type Unranked = Omit<AdvisedAlternative, 'rank'>

/**
 * One decision by itself: what it is worth on the target, what it costs, and why. `block`: names of the nodes of the block that it is
 * about; none for other decisions.
 */
export function advised(
  { decision, place, from, to, kind, why }: DecisionResult,
  base: Profile,
  changed: Profile,
  target: Target,
  fidelity: Fidelity | null,
  block: ReadonlySet<string>,
): Unranked {
  const kernels = changedKernels(base, changed)
  const bottleneck = {
    before: bottleneckOf(kernels.before, target) ?? null,
    after: bottleneckOf(kernels.after, target) ?? null,
  }
  // What stays of a block is part of what the change is held against.
  const staying = base.kernels.filter(
    (each) => each.kernel.nodes.some((node) => block.has(nodeName(node))) && !kernels.before.includes(each),
  )
  const of = (total: typeof latencyOf) =>
    [total([...kernels.before, ...staying]), total([...kernels.after, ...staying])] as const
  const reason = reasonText({
    decision,
    place,
    ...bottleneck,
    latencyMs: of(latencyOf),
    macs: of(macsOf),
    nsr: meanNoise(fidelity),
  })
  const [before, after] = [base, changed].map(({ metrics }) => figuresOfDecision(metrics)) as [
    Unranked['before'],
    Unranked['after'],
  ]
  return { decision, place, from, to, kind, why, before, after, bottleneck, fidelity, reason }
}

/** Noise that counts as none: a change that is exact is not worth more than any other for that. */
const noiseFloor = 0.01

/**
 * Best first. Without fidelity by the latency saved; with it by the latency saved over the noise at the network's outputs,
 * 1 - cosine squared. What saves nothing comes last.
 */
export function ranked(alternatives: readonly Unranked[]): AdvisedAlternative[] {
  const worth = ({ before, after, fidelity }: Unranked): number => {
    const savedMs = before.latencyMs - after.latencyMs
    return savedMs <= 0 || fidelity === null ? savedMs : savedMs / (noiseFloor + 1 - fidelity.cosine ** 2)
  }
  const sorted = [...alternatives].sort((a, b) => worth(b) - worth(a))
  return sorted.map((alternative, i) => ({ rank: i + 1, ...alternative }))
}

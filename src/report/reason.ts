import type { Bottleneck } from '../estimator/bottleneck.js'
import type { Decision } from '../passes/architecture/decision.js'
import { change, count, significant } from './format.js'

/** What holds kernels back, in words: the beginning of a reason. */
export function bottleneckText(bottleneck: Bottleneck): string {
  switch (bottleneck.kind) {
    case 'few-lanes': {
      const { layer, used, lanes, side } = bottleneck
      return `${layer === 'depthwise' ? 'depthwise' : 'grouped convolution'} uses ${count(used)} of ${count(lanes)} ${side} lanes`
    }
    case 'idle-lanes': {
      const { channels, idle, side } = bottleneck
      return `${count(channels)} ${side} channels leave ${count(idle)} of ${count(channels + idle)} lanes idle`
    }
    case 'weights-stream':
      return 'weights take longer to arrive than to be multiplied'
    case 'activations-stream':
      return 'activations go through DRAM and take longer to arrive than to be multiplied'
    case 'overhead':
      return bottleneck.kernels === 1
        ? 'a kernel that takes longer to start than to run'
        : `${count(bottleneck.kernels)} kernels, most of their time is the start`
    case 'computing':
      return `the array does ${(100 * bottleneck.utilisation).toFixed(0)} % of what it could`
    case 'most-time':
      return `${(100 * bottleneck.share).toFixed(0)} % of the time is ${bottleneck.layer}`
  }
}

export interface ReasonParts {
  readonly decision: Decision
  /** The block, group or input, with its name. */
  readonly place: string
  /** What holds back the kernels that change, before and after; null: nothing, or there are none. */
  readonly before: Bottleneck | null
  readonly after: Bottleneck | null
  /** Of the block, and of other places of the kernels that change. */
  readonly latencyMs: readonly [before: number, after: number]
  readonly macs: readonly [before: number, after: number]
  /** null: not measured. */
  readonly nsr: number | null
}

/** `block 5: depthwise uses 1 of 32 input lanes; fused: +62 % MACs, -31 % latency, NSR 0.02; then weights take longer...`. */
export function reasonText({ decision, place, before, after, latencyMs, macs, nsr }: ReasonParts): string {
  const isFree = decision.kind === 'width' && macs[1] > macs[0] && latencyMs[1] <= latencyMs[0]
  const figures = [
    `${change(...macs, 0)} MACs`,
    `${change(...latencyMs, 0)} latency${isFree ? ' (free capacity)' : ''}`,
    ...(nsr === null ? [] : [`NSR ${significant(nsr)}`]),
  ]
  const [earlier, later] = [before, after].map((each) => (each === null ? undefined : bottleneckText(each)))
  const where = decision.kind === 'block' && typeof decision.block === 'number' ? `block ${decision.block}` : place
  return [
    earlier === undefined ? where : `${where}: ${earlier}`,
    `${whatText(decision)}: ${figures.join(', ')}`,
    ...(later === undefined || later === earlier ? [] : [`then ${later}`]),
  ].join('; ')
}

/** A decision in a line: `block 5: fused with 64 channels`. */
export function decisionText(decision: Decision): string {
  switch (decision.kind) {
    case 'block':
      return `block ${decision.block ?? decision.signature}: ${whatText(decision)}`
    case 'convolution':
      return `${decision.node}: ${whatText(decision)}`
    case 'width':
      return `${decision.group ?? decision.signature}: ${whatText(decision)}`
    case 'depth-multiplier':
      return whatText(decision)
    case 'resolution':
      return `${decision.input}: ${whatText(decision)}`
  }
}

/** What is done, without where: `fused with 64 channels`, `96 channels`, `space-to-depth`. */
function whatText(decision: Decision): string {
  switch (decision.kind) {
    case 'block': {
      const { alternative, middle, groups } = decision
      const inGroups = groups === undefined ? '' : ` in ${count(groups)} groups`
      return `${alternative}${inGroups}${middle === undefined ? '' : ` with ${count(middle)} channels`}`
    }
    case 'convolution':
      return decision.alternative
    case 'width':
      return `${count(decision.size)} channels`
    case 'depth-multiplier':
      return `all channels x ${decision.ratio}`
    case 'resolution':
      return `${decision.height} x ${decision.width}`
  }
}

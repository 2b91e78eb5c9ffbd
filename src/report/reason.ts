import type { Bottleneck } from '../estimator/bottleneck.js'
import { change, count, significant } from './format.js'

/** What holds kernels back, in words: the beginning of a reason. */
export function bottleneckText(bottleneck: Bottleneck): string {
  switch (bottleneck.kind) {
    case 'few-lanes': {
      const { layer, used, lanes, side } = bottleneck
      return `${layer === 'depthwise' ? 'depthwise' : 'grouped convolution'} uses ${count(used)} of ${count(lanes)} ${side} lanes`
    }
    case 'idle-lanes': {
      const { channels, idle, lanes, side } = bottleneck
      return `${count(channels)} ${side} channels leave ${count(idle)} of ${count(channels + idle)} lanes idle (${count(lanes)} at a time)`
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
  /** The block, group or input. */
  readonly place: string
  /** What is done: `fused`, `48 channels`. */
  readonly what: string
  /** What holds back the kernels that change, before and after. */
  readonly before: Bottleneck | undefined
  readonly after: Bottleneck | undefined
  /** Of the kernels that change, alone. */
  readonly latencyMs: readonly [before: number, after: number]
  readonly macs: readonly [before: number, after: number]
  /** undefined: not measured. */
  readonly nsr?: number | undefined
}

/** `block 5: depthwise uses 1 of 32 input lanes; fused: +62 % MACs, -31 % latency, NSR 0.02; then weights take longer...`. */
export function reasonText({ place, what, before, after, latencyMs, macs, nsr }: ReasonParts): string {
  const figures = [
    `${change(...macs, 0)} MACs`,
    `${change(...latencyMs, 0)} latency`,
    ...(nsr === undefined ? [] : [`NSR ${significant(nsr)}`]),
  ]
  const isSame = before !== undefined && after !== undefined && bottleneckText(before) === bottleneckText(after)
  return [
    `${place}: ${before === undefined ? 'no kernel of it is left to gain from' : bottleneckText(before)}`,
    `${what}: ${figures.join(', ')}`,
    ...(after === undefined || isSame ? [] : [`then ${bottleneckText(after)}`]),
  ].join('; ')
}

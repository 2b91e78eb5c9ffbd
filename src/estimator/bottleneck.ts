import { placementByActivation } from '../hw/cycles/cost.js'
import { mappingOf } from '../hw/cycles/mapping.js'
import type { Target } from '../hw/target.js'
import { lanesOf } from './lanes.js'
import { latencyOf, type ProfiledKernel } from './profile.js'

/** Of a layer's channels, and of the lanes they lie on. */
export type Side = 'input' | 'output'

/** What keeps kernels from being faster, from the cost model: the numbers behind a reason. */
export type Bottleneck =
  /** Kernels with few channels in a group: that many of the array's lanes multiply. */
  | {
      readonly kind: 'few-lanes'
      readonly layer: 'depthwise' | 'grouped'
      readonly side: Side
      readonly used: number
      readonly lanes: number
    }
  /** The last pass over the lanes is not full. */
  | {
      readonly kind: 'idle-lanes'
      readonly side: Side
      readonly channels: number
      readonly lanes: number
      readonly idle: number
    }
  /** Weights or activations take longer to arrive than to be multiplied. */
  | { readonly kind: 'weights-stream' | 'activations-stream' }
  /** Starting the kernels takes longer than running them. */
  | { readonly kind: 'overhead'; readonly kernels: number }
  /** Nothing of these: useful MACs over what the array could do. */
  | { readonly kind: 'computing'; readonly utilisation: number }
  /** The target has no cycle model: the kind of kernel most time goes to, and its share of it. */
  | { readonly kind: 'most-time'; readonly layer: string; readonly share: number }

/** What holds back the kernels that most of the time goes to; undefined: there are none. */
export function bottleneckOf(kernels: readonly ProfiledKernel[], target: Target): Bottleneck | undefined {
  const [slowest] = [...kernels].sort((a, b) => b.metrics.latencyMs - a.metrics.latencyMs)
  if (slowest === undefined) return undefined
  if (isOverhead(kernels)) return { kind: 'overhead', kernels: kernels.length }
  return (
    fewLanes(slowest, target) ??
    streaming(slowest, target) ??
    idleLanes(slowest, target) ??
    (target.kind === 'measured' ? mostTime(kernels) : { kind: 'computing', utilisation: slowest.metrics.utilisation })
  )
}

function mostTime(kernels: readonly ProfiledKernel[]): Bottleneck {
  const kinds = new Set(kernels.map(({ kernel }) => kernel.kind))
  const times = [...kinds].map((layer) => ({
    layer,
    ms: latencyOf(kernels.filter(({ kernel }) => kernel.kind === layer)),
  }))
  const [{ layer, ms }] = times.sort((a, b) => b.ms - a.ms) as [(typeof times)[number]]
  return { kind: 'most-time', layer, share: ms / latencyOf(kernels) }
}

/** More than half of the time is of kernels that their overhead bounds. */
const isOverhead = (kernels: readonly ProfiledKernel[]): boolean =>
  latencyOf(kernels.filter(({ metrics }) => metrics.bound === 'overhead')) > latencyOf(kernels) / 2

function fewLanes({ kernel, metrics }: ProfiledKernel, target: Target): Bottleneck | undefined {
  const sides = lanesTaken(kernel, target)
  if (sides === undefined || kernel.shape.groups === 1 || metrics.bound !== 'compute') return undefined
  const worst = leastOf(sides, ({ channels, lanes }) => channels / lanes)
  if (worst.channels * 2 > worst.lanes) return undefined
  const layer = kernel.kind === 'depthwise' ? 'depthwise' : 'grouped'
  return { kind: 'few-lanes', layer, side: worst.side, used: worst.channels, lanes: worst.lanes }
}

function streaming({ kernel, metrics }: ProfiledKernel, target: Target): Bottleneck | undefined {
  if (metrics.bound !== 'memory') return undefined
  const { dramInputBytes, dramOutputBytes } = placementByActivation(kernel, target)
  const isWeights = kernel.weightBytes >= dramInputBytes + dramOutputBytes
  return { kind: isWeights ? 'weights-stream' : 'activations-stream' }
}

/** At least an eighth of the lanes that a side's passes take would have to be idle to be worth a word. */
function idleLanes({ kernel, metrics }: ProfiledKernel, target: Target): Bottleneck | undefined {
  const sides = lanesTaken(kernel, target)
  if (sides === undefined || metrics.bound !== 'compute') return undefined
  const taken = ({ channels, lanes }: SideLanes) => Math.ceil(channels / lanes) * lanes
  const worst = leastOf(sides, (side) => side.channels / taken(side))
  const idle = taken(worst) - worst.channels
  return idle < taken(worst) / 8 ? undefined : { kind: 'idle-lanes', ...worst, idle }
}

interface SideLanes {
  readonly side: Side
  /** Of one group; along the rows of a systolic array the taps of the window count as well. */
  readonly channels: number
  readonly lanes: number
}

function lanesTaken({ shape }: ProfiledKernel['kernel'], target: Target): readonly [SideLanes, SideLanes] | undefined {
  const lanes = lanesOf(target)
  const mapping = mappingOf(shape)
  if (lanes === undefined || mapping === undefined) return undefined
  const { inChannels, outChannels, taps } = mapping
  const rows = target.kind === 'systolic-array' ? inChannels * taps : inChannels
  return [
    { side: 'input', channels: rows, lanes: lanes.input },
    { side: 'output', channels: outChannels, lanes: lanes.output },
  ]
}

/** The first of them where both are equal. */
const leastOf = ([a, b]: readonly [SideLanes, SideLanes], of: (side: SideLanes) => number): SideLanes =>
  of(b) < of(a) ? b : a

import type { Kernel } from '../hw/kernels.js'
import type { Target } from '../hw/target.js'
import { kernelCoster } from './kernel-coster.js'
import { changeKernel } from './kernel-variant.js'

/** What one layer would cost with other numbers of channels, all else as it is. */
export interface Landscape {
  readonly layer: string
  /** Channels between sizes that leave no lane idle. */
  readonly curatedStep: number
  readonly output: LandscapeAxis
  readonly input: LandscapeAxis
}

export interface LandscapeAxis {
  /** Channels that the layer has. */
  readonly channels: number
  /** By number of channels, ascending. */
  readonly points: readonly LandscapePoint[]
  /** How often the latency falls from one number of channels to the next larger one: where more is faster. */
  readonly falls: number
  /** The same among curated sizes alone. */
  readonly curatedFalls: number
}

export interface LandscapePoint {
  readonly channels: number
  readonly macs: number
  readonly latencyMs: number
  /** A multiple of the step. */
  readonly isCurated: boolean
}

/** Sizes from one channel to this many times those of the layer... */
const reach = 2
/** ...but at least so many steps, and at most so many points. */
const leastSteps = 4
const mostPoints = 512

/**
 * The dense convolution or multiplication that most time goes to, estimated channel by channel; undefined: there is none.
 * `curatedStep`: channels between sizes that the target likes.
 */
export function landscapeOf(kernels: readonly Kernel[], target: Target, curatedStep: number): Landscape | undefined {
  const cost = kernelCoster(target)
  const isDense = ({ kind, shape }: Kernel) =>
    (kind === 'convolution' || kind === 'matmul') && shape.groups === 1 && shape.macs > 0
  let slowest: { readonly kernel: Kernel; readonly latencyMs: number } | undefined
  for (const kernel of kernels.filter(isDense)) {
    const latencyMs = cost({ shape: kernel.shape }).latencyMs * kernel.repeats
    if (slowest === undefined || latencyMs > slowest.latencyMs) slowest = { kernel, latencyMs }
  }
  if (slowest === undefined) return undefined
  const { name, shape } = slowest.kernel
  const axis = (side: 'outChannels' | 'inChannels'): LandscapeAxis => {
    const channels = shape[side]
    const sizes = sizesAround(channels, curatedStep)
    const points = sizes.map((size): LandscapePoint => {
      const changed = changeKernel(shape, { [side]: size })
      const { latencyMs } = cost({ shape: changed })
      return { channels: size, macs: changed.macs, latencyMs, isCurated: size % curatedStep === 0 }
    })
    return {
      channels,
      points,
      falls: fallsIn(points),
      curatedFalls: fallsIn(points.filter((point) => point.isCurated)),
    }
  }
  return { layer: name, curatedStep, output: axis('outChannels'), input: axis('inChannels') }
}

/** Every size where there are few, else evenly spaced ones, the curated ones and the layer's own among them. */
function sizesAround(channels: number, step: number): number[] {
  const most = Math.max(channels * reach, step * leastSteps)
  const stride = Math.ceil(most / mostPoints)
  const sizes = new Set([channels])
  for (let size = 1; size <= most; size++) if (size % stride === 0 || size % step === 0) sizes.add(size)
  return [...sizes].sort((a, b) => a - b)
}

const fallsIn = (points: readonly LandscapePoint[]): number =>
  points.filter(({ latencyMs }, i) => i > 0 && latencyMs < points[i - 1]!.latencyMs).length

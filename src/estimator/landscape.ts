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
  /** At how many of them the latency is not over that of the next fewer channels. */
  readonly free: number
  /** At how many it is lower: more channels are faster. */
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

/** Sizes looked at lie around the layer's own: as many steps as this on both sides... */
const stepsAround = 4
/** ...but at least so many channels, and at most so many points. */
const leastAround = 64
const mostPoints = 512

/** Layers that are tried. */
const mostLayers = 8

/**
 * Of the dense convolutions that most time goes to (without any, the multiplications) the one where most channels are free,
 * estimated channel by channel; undefined: there is neither. `curatedStep`: channels between sizes that the target likes.
 */
export function landscapeOf(kernels: readonly Kernel[], target: Target, curatedStep: number): Landscape | undefined {
  const cost = kernelCoster(target)
  const convolutions = slowest('convolution', kernels, cost)
  const layers = convolutions.length > 0 ? convolutions : slowest('matmul', kernels, cost)
  let found: { readonly layer: Kernel; readonly output: LandscapeAxis } | undefined
  for (const layer of layers) {
    const output = axisOf(layer, 'outChannels', cost, curatedStep)
    if (found === undefined || freeShare(output) > freeShare(found.output)) found = { layer, output }
  }
  if (found === undefined) return undefined
  const { layer, output } = found
  return { layer: layer.name, curatedStep, output, input: axisOf(layer, 'inChannels', cost, curatedStep) }
}

type Coster = ReturnType<typeof kernelCoster>

const freeShare = ({ free, points }: LandscapeAxis): number => free / points.length

function axisOf({ shape }: Kernel, side: 'outChannels' | 'inChannels', cost: Coster, step: number): LandscapeAxis {
  const channels = shape[side]
  const points = sizesAround(channels, step).map((size): LandscapePoint => {
    const changed = changeKernel(shape, { [side]: size })
    const { latencyMs } = cost({ shape: changed })
    return { channels: size, macs: changed.macs, latencyMs, isCurated: size % step === 0 }
  })
  const curated = points.filter(({ isCurated }) => isCurated)
  const count = (of: readonly LandscapePoint[], holds: (more: number, fewer: number) => boolean) =>
    of.filter(({ latencyMs }, i) => i > 0 && holds(latencyMs, of[i - 1]!.latencyMs)).length
  return {
    channels,
    points,
    free: count(points, (more, fewer) => more <= fewer),
    falls: count(points, (more, fewer) => more < fewer),
    curatedFalls: count(curated, (more, fewer) => more < fewer),
  }
}

/** Dense layers of a kind, by the time they take. */
function slowest(kind: Kernel['kind'], kernels: readonly Kernel[], cost: Coster): Kernel[] {
  const times = new Map<Kernel, number>()
  for (const kernel of kernels) {
    const { shape, repeats } = kernel
    if (kernel.kind === kind && shape.groups === 1 && shape.macs > 0)
      times.set(kernel, cost({ shape }).latencyMs * repeats)
  }
  return [...times.keys()].sort((a, b) => times.get(b)! - times.get(a)!).slice(0, mostLayers)
}

/** Every size where there are few, else evenly spaced ones, the curated ones and the layer's own among them. */
function sizesAround(channels: number, step: number): number[] {
  const around = Math.max(leastAround, step * stepsAround)
  const [low, high] = [Math.max(1, channels - around), channels + around]
  const stride = Math.ceil((high - low) / mostPoints)
  const sizes = new Set([channels])
  for (let size = low; size <= high; size++) if (size % stride === 0 || size % step === 0) sizes.add(size)
  return [...sizes].sort((a, b) => a - b)
}

import { volume } from '../../ir/tensor.js'
import type { ConvolutionLayer } from '../convolution-layer.js'
import { type Declined, declined } from './declined.js'
import type { ChainProduct } from './linear-chain.js'

/**
 * A convolution with `taps` taps along each axis, `dilation` apart, around the same centre. A tap without a counterpart goes
 * to the nearest one that is left, so that what the window makes of a constant stays; taps that are new are zero.
 */
export function resizedKernel(
  layer: ConvolutionLayer,
  taps: number,
  dilation: number,
  place: string,
): ChainProduct | Declined {
  if (!Number.isInteger(taps) || taps < 1 || !Number.isInteger(dilation) || dilation < 1)
    return declined('no-kernel', `${place}: ${taps} taps, ${dilation} apart`, 'give whole numbers above 0')
  const axes = layer.kernel.map((_, axis) => resizedAxis(layer, axis, taps, dilation))
  if (axes.some(({ shift }) => !Number.isInteger(shift)))
    return declined('uncentred-kernel', place, 'give a kernel whose extent is odd where the old one is, else even')
  const begin = layer.pads.begin.map((pad, i) => pad - axes[i]!.shift)
  const end = layer.pads.end.map((pad, i) => pad - axes[i]!.shift)
  if ([...begin, ...end].some((pad) => pad < 0))
    return declined('window-in-image', place, 'none: it has less padding than the smaller kernel would leave over')
  const kernel = axes.map(() => taps)
  const dilations = kernel.map(() => dilation)
  const losses = axes.every(({ isWhole }) => isWhole)
    ? []
    : [`moves taps together: ${layer.kernel.join('x')} as ${kernel.join('x')}`]
  return { layer: { ...layer, weight: moved(layer, axes, kernel), kernel, dilations, pads: { begin, end } }, losses }
}

interface ResizedAxis {
  /** What of the extent goes on either side. */
  readonly shift: number
  /** New tap of every old one. */
  readonly tapOf: readonly number[]
  /** Whether every old tap has one at its own place. */
  readonly isWhole: boolean
}

function resizedAxis(
  { kernel, dilations }: ConvolutionLayer,
  axis: number,
  taps: number,
  dilation: number,
): ResizedAxis {
  const [oldTaps, oldDilation] = [kernel[axis]!, dilations[axis]!]
  const [oldCentre, centre] = [((oldTaps - 1) * oldDilation) / 2, ((taps - 1) * dilation) / 2]
  const exact = Array.from(
    { length: oldTaps },
    (_, tap) => (Math.abs(tap * oldDilation - oldCentre) + centre) / dilation,
  )
  const tapOf = exact.map((position, tap) => {
    // Halfway between two taps the one nearer to the centre is taken.
    const outward = Math.min(Math.ceil(position - 0.5), taps - 1)
    return tap * oldDilation < oldCentre ? taps - 1 - outward : outward
  })
  const isWhole = exact.every((position) => Number.isInteger(position) && position < taps)
  return { shift: oldCentre - centre, tapOf, isWhole }
}

function moved(layer: ConvolutionLayer, axes: readonly ResizedAxis[], kernel: readonly number[]): Float64Array {
  const [before, after] = [volume(layer.kernel), volume(kernel)]
  const tapOf = Array.from({ length: before }, (_, tap) => {
    let [rest, at, stride] = [tap, 0, 1]
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      at += axes[axis]!.tapOf[rest % layer.kernel[axis]!]! * stride
      rest = Math.floor(rest / layer.kernel[axis]!)
      stride *= kernel[axis]!
    }
    return at
  })
  const weight = new Float64Array((layer.weight.length / before) * after)
  layer.weight.forEach((value, i) => {
    weight[Math.floor(i / before) * after + tapOf[i % before]!]! += value
  })
  return weight
}

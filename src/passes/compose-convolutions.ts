import { greatestCommonDivisor } from '../ir/divisors.js'
import { volume } from '../ir/tensor.js'
import { type ConvolutionGeometry, type ConvolutionLayer, hasBias, isPadded } from './convolution-layer.js'

/**
 * W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2), at the border only where `borderReason` has nothing to say. Costs the
 * product of the two: ask for the geometry first.
 */
export const composeConvolutions = (first: ConvolutionLayer, second: ConvolutionLayer): ConvolutionLayer => ({
  ...composedGeometry(first, second),
  ...product(first, second),
  dtype: first.dtype,
})

/**
 * Tap k1 of the first under tap k2 of the second lies at k1 dilation1 + k2 dilation2 stride1 of the input; strides multiply,
 * padding is pad1 + pad2 stride1. Groups stay where both have them: gcd(group1, group2).
 */
export function composedGeometry(first: ConvolutionGeometry, second: ConvolutionGeometry): ConvolutionGeometry {
  const axes = composedAxes(first, second)
  return {
    inChannels: first.inChannels,
    outChannels: second.outChannels,
    group: greatestCommonDivisor(first.group, second.group),
    kernel: axes.map(({ size }) => size),
    strides: first.strides.map((stride, i) => stride * second.strides[i]!),
    dilations: axes.map(({ dilation }) => dilation),
    pads: {
      begin: first.pads.begin.map((pad, i) => pad + second.pads.begin[i]! * first.strides[i]!),
      end: first.pads.end.map((pad, i) => pad + second.pads.end[i]! * first.strides[i]!),
    },
  }
}

/**
 * Why the composition of two differs from them at the border: where the second one reaches over it, it sees zeros; the
 * composition sees there the bias of the first, or what the first makes of a window that lies partly inside. undefined: it
 * does not differ.
 */
export function borderReason(
  first: ConvolutionLayer,
  second: ConvolutionLayer,
): 'padding-shows-bias' | 'padding-shows-window' | undefined {
  if (!isPadded(second)) return undefined
  if (hasBias(first)) return 'padding-shows-bias'
  return volume(first.kernel) > 1 ? 'padding-shows-window' : undefined
}

/** One spatial axis of a composition: how many taps it has, and which of them two taps meet at. */
interface ComposedAxis {
  readonly size: number
  readonly dilation: number
  readonly tapOf: (first: number, second: number) => number
}

const composedAxes = (first: ConvolutionGeometry, second: ConvolutionGeometry): ComposedAxis[] =>
  first.kernel.map((_, axis) => composedAxis(first, second, axis))

function composedAxis(first: ConvolutionGeometry, second: ConvolutionGeometry, axis: number): ComposedAxis {
  const [sizeA, sizeB] = [first.kernel[axis]!, second.kernel[axis]!]
  const stepA = first.dilations[axis]!
  const stepB = second.dilations[axis]! * first.strides[axis]!
  const steps = greatestCommonDivisor(sizeA > 1 ? stepA : 0, sizeB > 1 ? stepB : 0)
  const dilation = steps === 0 ? 1 : steps
  const tapOf = (a: number, b: number) => (a * stepA + b * stepB) / dilation
  return { size: tapOf(sizeA - 1, sizeB - 1) + 1, dilation, tapOf }
}

/** Weight [M2, C / group, kernel...] of the two, and bias [M2]. */
function product(a: ConvolutionLayer, b: ConvolutionLayer): Pick<ConvolutionLayer, 'weight' | 'bias'> {
  const axes = composedAxes(a, b)
  const group = greatestCommonDivisor(a.group, b.group)
  const inPerGroup = a.inChannels / group
  const outPerGroup = b.outChannels / group
  const taps = volume(axes.map(({ size }) => size))
  const tapTable = composedTaps(a.kernel, b.kernel, axes)
  const [tapsA, tapsB] = [volume(a.kernel), volume(b.kernel)]
  const [inA, outA] = [a.inChannels / a.group, a.outChannels / a.group]
  const [inB, outB] = [b.inChannels / b.group, b.outChannels / b.group]
  const weight = new Float64Array(b.outChannels * inPerGroup * taps)
  const bias = Float64Array.from(b.bias)
  for (let m = 0; m < b.outChannels; m++) {
    const firstIn = Math.floor(m / outPerGroup) * inPerGroup
    for (let i = 0; i < inB; i++) {
      const middle = Math.floor(m / outB) * inB + i
      const base = Math.floor(middle / outA) * inA - firstIn
      for (let kb = 0; kb < tapsB; kb++) {
        const factor = b.weight[(m * inB + i) * tapsB + kb]!
        if (factor === 0) continue
        bias[m]! += factor * a.bias[middle]!
        const [to, from] = [(m * inPerGroup + base) * taps, middle * inA * tapsA]
        if (tapsB === 1) {
          // A second 1x1 leaves the taps of the first where they are: most of the time is spent here.
          for (let k = 0; k < inA * tapsA; k++) weight[to + k]! += factor * a.weight[from + k]!
          continue
        }
        for (let c = 0; c < inA; c++) {
          for (let ka = 0; ka < tapsA; ka++)
            weight[to + c * taps + tapTable[kb * tapsA + ka]!]! += factor * a.weight[from + c * tapsA + ka]!
        }
      }
    }
  }
  return { weight, bias }
}

/** Row-major tap of the composition for every tap of the second (outer) and of the first (inner). */
function composedTaps(
  kernelA: readonly number[],
  kernelB: readonly number[],
  axes: readonly ComposedAxis[],
): Int32Array {
  const [tapsA, tapsB] = [volume(kernelA), volume(kernelB)]
  const table = new Int32Array(tapsA * tapsB)
  for (let b = 0; b < tapsB; b++) {
    for (let a = 0; a < tapsA; a++) {
      let [restA, restB, at, stride] = [a, b, 0, 1]
      for (let axis = axes.length - 1; axis >= 0; axis--) {
        const { size, tapOf } = axes[axis]!
        at += tapOf(restA % kernelA[axis]!, restB % kernelB[axis]!) * stride
        restA = Math.floor(restA / kernelA[axis]!)
        restB = Math.floor(restB / kernelB[axis]!)
        stride *= size
      }
      table[b * tapsA + a] = at
    }
  }
  return table
}

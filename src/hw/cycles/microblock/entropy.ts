import { constantOf } from '../../../ir/constant.js'
import type { Tensor } from '../../../ir/tensor.js'
import type { Kernel } from '../../kernels.js'

/** More elements than this are not looked at: whole output channels, evenly spread, stand for the rest. */
const sampleElements = 2 ** 18

/**
 * What the vendor's coder adds to the entropy: uniform random bytes, of 8 bits, take 8.33 (middle of the 93 single
 * operators of `bench/vela.mjs`).
 */
const coderBits = 0.33

const known = new WeakMap<Tensor, number>()

/** Bits for each weight of a kernel's filters once compressed; undefined if their values are not known. */
export function bitsPerWeightOf({ nodes: [anchor], shape: { kind } }: Kernel): number | undefined {
  const tensors = anchor?.inputs.map((input) => constantOf(input)).filter((tensor) => tensor !== undefined) ?? []
  const [filters] = tensors.filter(({ rank }) => rank > 1).sort((a, b) => b.size - a.size)
  if (filters === undefined || filters.size === 0) return undefined
  let bits = known.get(filters)
  if (bits === undefined) {
    const isConvolution = kind === 'convolution' || kind === 'depthwise'
    bits = entropyBits(filters, isConvolution ? filters.dims[0]! : 1) + coderBits
    known.set(filters, bits)
  }
  return bits
}

/**
 * Entropy of single weights in int8: H = -sum p log2 p over their values. Float weights are taken as they would be
 * quantized, symmetrically by each of `channels` output channels: round(127 w / max |w|).
 */
export function entropyBits(tensor: Tensor, channels: number): number {
  const values = tensor.numbers()
  const isInteger = tensor.dtype === 'int8' || tensor.dtype === 'uint8'
  const channelSize = values.length / channels
  const step = Math.max(1, Math.ceil(values.length / sampleElements))
  // Of one channel every so many elements, of many every so many channels.
  const [channelStep, elementStep] = channels > 1 ? [step, 1] : [1, step]
  const counts = new Map<number, number>()
  let total = 0
  for (let channel = 0; channel < channels; channel += channelStep) {
    const [start, end] = [channel * channelSize, (channel + 1) * channelSize]
    let largest = 0
    if (!isInteger) for (let i = start; i < end; i += elementStep) largest = Math.max(largest, Math.abs(values[i]!))
    const scale = isInteger ? 1 : largest === 0 ? 0 : 127 / largest
    for (let i = start; i < end; i += elementStep) {
      const level = Math.round(values[i]! * scale)
      counts.set(level, (counts.get(level) ?? 0) + 1)
      total += 1
    }
  }
  let bits = 0
  for (const count of counts.values()) bits -= (count / total) * Math.log2(count / total)
  return bits
}

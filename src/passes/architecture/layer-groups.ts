import { volume } from '../../ir/tensor.js'
import { type ConvolutionLayer, weightDims } from '../convolution-layer.js'

/** The same convolution with one group: zeros between what were groups. */
export function densified(layer: ConvolutionLayer): ConvolutionLayer {
  if (layer.group === 1) return layer
  const { inChannels, outChannels, group } = layer
  const perGroup = inChannels / group
  const taps = volume(layer.kernel)
  const weight = new Float64Array(outChannels * inChannels * taps)
  for (let m = 0; m < outChannels; m++) {
    const first = Math.floor(m / (outChannels / group)) * perGroup
    const own = layer.weight.subarray(m * perGroup * taps, (m + 1) * perGroup * taps)
    weight.set(own, (m * inChannels + first) * taps)
  }
  return { ...layer, group: 1, weight }
}

/** What is left of a dense convolution in groups, which must divide its channels: the weights within them. */
export function groupedLayer(dense: ConvolutionLayer, group: number): ConvolutionLayer {
  const { inChannels, outChannels } = dense
  const layer = { ...dense, group }
  const [perGroup, taps] = [inChannels / group, volume(dense.kernel)]
  const weight = new Float64Array(volume(weightDims(layer)))
  for (let m = 0; m < outChannels; m++) {
    const first = Math.floor(m / (outChannels / group)) * perGroup
    const from = (m * inChannels + first) * taps
    weight.set(dense.weight.subarray(from, from + perGroup * taps), m * perGroup * taps)
  }
  return { ...layer, weight }
}

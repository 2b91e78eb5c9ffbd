import type { DataSet } from '../../src/accuracy/data-set.js'
import { Tensor, volume } from '../../src/ir/tensor.js'
import type { SeededRandom } from '../../src/runtime/random.js'

/** Uniform numbers around zero. */
export function drawn(random: SeededRandom, dims: readonly number[], scale = 1): Tensor {
  const values = Float32Array.from({ length: volume(dims) }, () => (random.uniform() - 0.5) * scale)
  return Tensor.fromArray('float32', dims, values)
}

/** An image [1, channels, height, width] of smooth waves, others in every channel. */
export function waves(random: SeededRandom, [channels, height, width]: readonly [number, number, number]): Tensor {
  const values = new Float32Array(channels * height * width)
  for (let c = 0; c < channels; c++) {
    const [across, down, phase] = [random.uniform() * 2, random.uniform() * 2, random.uniform() * 6]
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) values[(c * height + y) * width + x] = Math.sin(across * x + down * y + phase)
  }
  return Tensor.fromArray('float32', [1, channels, height, width], values)
}

/** Samples in memory: of each its inputs [1, ...] by name. */
export function dataSetOf(samples: readonly Readonly<Record<string, Tensor>>[]): DataSet {
  const sizes = new Set(samples.map((sample) => JSON.stringify(Object.values(sample).map(({ dims }) => dims))))
  return {
    source: 'memory',
    count: samples.length,
    batchLimit: sizes.size === 1 ? undefined : 1,
    batch: async (chosen) => {
      const names = Object.keys(samples[0]!)
      return new Map(names.map((name) => [name, joined(chosen.map((sample) => samples[sample]![name]!))]))
    },
    digests: async () => samples.map((_, sample) => String(sample)),
  }
}

/** Along axis 0. */
function joined(parts: readonly Tensor[]): Tensor {
  const [first] = parts
  const bytes = Buffer.concat(parts.map((part) => part.bytes()))
  return Tensor.fromBytes(first!.dtype, [parts.length * first!.dims[0]!, ...first!.dims.slice(1)], bytes)
}

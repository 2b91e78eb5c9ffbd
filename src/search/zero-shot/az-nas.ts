import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import type { Model } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { Patch } from '../../ir/patch.js'
import type { Tensor } from '../../ir/tensor.js'
import { expose, forward, normalFeeds } from './forward.js'
import { type RandomLayer, randomised } from './random-net.js'
import type { ArchitectureScore, ScoreSetting } from './score.js'

/** Rows of features for each channel. */
const rowsPerChannel = 8

/**
 * How evenly the features of each block are spread over their principal components, as entropy, summed over blocks. Blocks end in
 * layers that no activation follows; where there are none, every layer counts.
 */
export const expressivity: ArchitectureScore = {
  definition: 'entropy of the principal components of features, summed over blocks, normal inputs',
  source: 'Lee and Ham, AZ-NAS, CVPR 2024',
  of: async (model, setting) => (await entropies(model, setting)).reduce((sum, entropy) => sum + entropy, 0),
}

/** The least that the entropy grows by from one block to the next. */
export const progressivity: ArchitectureScore = {
  definition: 'least growth of the entropy of principal components from block to block, normal inputs',
  source: 'Lee and Ham, AZ-NAS, CVPR 2024',
  async of(model, setting) {
    const found = await entropies(model, setting)
    const growth = found.slice(1).map((entropy, i) => entropy - found[i]!)
    return growth.length === 0 ? 0 : Math.min(...growth)
  },
}

async function entropies(model: Model, { runtime, seed, sizes }: ScoreSetting): Promise<number[]> {
  const net = randomised(model, sizes, { seed })
  const inner = net.layers.filter(({ output }) => !output.isGraphOutput)
  const ends = inner.filter(isBlockEnd)
  const patch = new Patch(net.model)
  const names = (ends.length > 0 ? ends : inner).map(({ result }) => expose(patch, result))
  const outputs = await forward(runtime, net.model, normalFeeds(net.model, seed))
  return names.map((name) => componentEntropy(outputs.get(name)!))
}

const isBlockEnd = ({ result }: RandomLayer): boolean =>
  ![...result.users.keys()].some((user) => contextOf(user)?.resolved.op.traits.includes('activation'))

/** Of [samples, channels, places...]: entropy of the shares of the covariance's eigenvalues, in nats; at most log(channels). */
export function componentEntropy(features: Tensor): number {
  const [samples = 1, channels = 1] = features.dims
  const places = features.size / (samples * channels)
  const values = features.numbers()
  const count = Math.min(samples * places, rowsPerChannel * channels)
  const rows = Matrix.zeros(count, channels)
  for (let row = 0; row < count; row++) {
    const place = Math.floor((row * samples * places) / count)
    const first = Math.floor(place / places) * channels * places + (place % places)
    for (let channel = 0; channel < channels; channel++) rows.set(row, channel, values[first + channel * places]!)
  }
  const centred = rows.subRowVector(rows.mean('column'))
  const covariance = centred.transpose().mmul(centred)
  const { realEigenvalues } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true })
  const all = realEigenvalues.reduce((sum, value) => sum + Math.max(0, value), 0)
  if (all === 0) return 0
  return realEigenvalues.reduce((sum, value) => {
    const share = value / all
    return share > 0 ? sum - share * Math.log(share) : sum
  }, 0)
}

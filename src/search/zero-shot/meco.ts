import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { Patch } from '../../ir/patch.js'
import type { Tensor } from '../../ir/tensor.js'
import { dimsOf } from '../../ir/type.js'
import { SeededRandom } from '../../runtime/random.js'
import { expose, forward, normalFeeds } from './forward.js'
import { randomised } from './random-net.js'
import type { ArchitectureScore } from './score.js'

/** Channels of a layer that are looked at: more of them than places have no correlation matrix of full rank. */
const channelsDrawn = 8

/**
 * For each layer the smallest eigenvalue of the correlations (Pearson) between its feature maps for one input: the nearer to 1, the
 * less channels say the same. Of channels some are drawn (seeded), and a layer counts by how many it has: the variant MeCo-opt.
 */
export const meco: ArchitectureScore = {
  definition: 'smallest eigenvalues of correlations between feature maps, summed over layers, normal input',
  source: 'Jiang et al., MeCo, NeurIPS 2023',
  async of(model, { runtime, seed, sizes }) {
    // Normalization needs company; the feature maps of the first sample are looked at.
    const net = randomised(model, sizes, { seed })
    const patch = new Patch(net.model)
    const maps = net.layers
      .filter(({ result }) => (dimsOf(result.type)?.length ?? 0) > 2)
      .map(({ result }) => expose(patch, result))
    const outputs = await forward(runtime, net.model, normalFeeds(net.model, seed))
    const random = new SeededRandom(seed)
    return maps.reduce((sum, name) => sum + smallestEigenvalue(outputs.get(name)!, random), 0)
  },
}

/** Of the correlations between channels of the first sample of [samples, channels, places...], times channels over drawn ones. */
export function smallestEigenvalue(maps: Tensor, random: SeededRandom): number {
  const [, channels, ...extents] = maps.dims as [number, number, ...number[]]
  const places = extents.reduce((product, extent) => product * extent, 1)
  const values = maps.numbers()
  const drawn = random.shuffled([...new Array(channels).keys()]).slice(0, channelsDrawn)
  const rows = drawn.map((channel) => standardised(values, channel * places, places))
  const correlations = Matrix.zeros(rows.length, rows.length)
  rows.forEach((a, i) => {
    rows.forEach((b, j) => {
      correlations.set(
        i,
        j,
        a.reduce((sum, value, at) => sum + value * b[at]!, 0),
      )
    })
  })
  const { realEigenvalues } = new EigenvalueDecomposition(correlations, { assumeSymmetric: true })
  return (Math.min(...realEigenvalues) * channels) / drawn.length
}

/** Mean 0 and length 1; zeros where all are the same. */
function standardised(values: ArrayLike<number>, first: number, count: number): Float64Array {
  const list = Float64Array.from({ length: count }, (_, i) => values[first + i]!)
  const mean = list.reduce((sum, value) => sum + value, 0) / count
  const centred = list.map((value) => value - mean)
  const length = Math.sqrt(centred.reduce((sum, value) => sum + value ** 2, 0))
  return length === 0 ? centred : centred.map((value) => value / length)
}

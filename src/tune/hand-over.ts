import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { Patch } from '../ir/patch.js'
import type { ChannelGroup } from '../passes/architecture/channel-groups.js'
import type { UnitChange } from '../passes/architecture/channel-surgery.js'
import type { Correspondence } from '../passes/architecture/correspondence.js'
import { type LinearReader, linearReaders } from '../passes/architecture/linear-readers.js'
import type { HandOver } from '../passes/architecture/set-width.js'
import { covariance, type Moments, type MomentTable, momentsAt } from './channel-moments.js'
import { linearLayer } from './linear-layer.js'

/** Added to the variances of what is left, relative to each: what is left has errors of its own, and few samples were seen. */
const ridge = 1e-2
/** The same, relative to the mean variance: of channels that are never anything. */
const leastShare = 1e-6

/**
 * Readers of channels that go take over what the other channels tell of these: with x the channels that stay, y those that go,
 * the best linear guess is E[y] + A (x - E[x]) with A = cov(y, x) cov(x, x)^-1, and its product with the weights of y is added to
 * the weights of x and to the bias. The least squares that a refit of the reader comes to on what the original has there, from
 * moments alone: nothing is run.
 */
export const handOverBy =
  (table: MomentTable) =>
  (correspondence: Correspondence): HandOver =>
  (group, change) => {
    for (const reader of linearReaders(group)) {
      const moments = momentsAt(reader, table, correspondence)
      if (moments !== undefined) handOver(group, change, reader, moments)
    }
  }

function handOver(
  { table }: ChannelGroup,
  { units }: UnitChange,
  { node, units: unitOf }: LinearReader,
  moments: Moments,
): void {
  const layer = linearLayer(node)
  if (layer === undefined || layer.groups !== 1 || !layer.hasBias) return
  const left = new Set(units)
  const positions = [...unitOf.keys()]
  const kept = positions.filter((p) => unitOf[p]! < 0 || left.has(unitOf[p]!))
  const gone = positions.filter((p) => !kept.includes(p))
  const taps = layer.features / positions.length
  if (gone.length === 0 || kept.length === 0 || !Number.isInteger(taps)) return
  const guess = guessOf(moments, kept, gone)
  const { outputs, features } = layer
  const weights = layer.weights(0)
  const before = weights.slice()
  for (const [g, from] of gone.entries()) {
    // What the guess has of y where all of x is zero.
    const rest = kept.reduce((sum, to, k) => sum - guess.get(g, k) * moments.mean[to]!, moments.mean[from]!)
    for (let tap = 0; tap < taps; tap++) {
      const source = (from * taps + tap) * outputs
      for (const [k, to] of kept.entries()) {
        const share = guess.get(g, k)
        const target = (to * taps + tap) * outputs
        for (let o = 0; o < outputs; o++) weights[target + o]! += share * before[source + o]!
      }
      for (let o = 0; o < outputs; o++) weights[features * outputs + o]! += rest * before[source + o]!
    }
  }
  const patch = new Patch(table.model)
  layer.write(patch, [weights])
  patch.collectGarbage(() => true)
}

/** A [gone, kept]. */
function guessOf(moments: Moments, kept: readonly number[], gone: readonly number[]): Matrix {
  const size = moments.mean.length
  const all = covariance(moments)
  const between = (rows: readonly number[], columns: readonly number[]) =>
    new Matrix(rows.map((row) => columns.map((column) => all[row * size + column]!)))
  const own = between(kept, kept)
  const mean = own.trace() / kept.length
  for (const i of kept.keys()) own.set(i, i, own.get(i, i) * (1 + ridge) + leastShare * mean + Number.MIN_VALUE)
  return new CholeskyDecomposition(own).solve(between(kept, gone)).transpose()
}

import type { ChannelGroup } from '../passes/architecture/channel-groups.js'
import type { Correspondence } from '../passes/architecture/correspondence.js'
import { type ChannelScorer, weightScores } from '../passes/architecture/importance.js'
import { type LinearReader, linearReaders } from '../passes/architecture/linear-readers.js'
import { eliminate, type LinearSum, type Loss, MissingLoss, RefitLoss } from './channel-elimination.js'
import { covariance, type Moments, type MomentTable, momentsAt } from './channel-moments.js'

/**
 * Scores of channels from what flows through them in the original. Groups whose readers nothing is known of (they are no
 * linear layers, or what they read stands for nothing in the original) go by their weights.
 */

/** Mean square of what a channel has where it is read, over that of all channels there. */
export const activationEnergy = (table: MomentTable): ChannelScorer =>
  byReaders(table, (units, readings) => {
    const scores = new Float64Array(units)
    for (const { reader, moments } of readings) {
      const size = reader.units.length
      const squares = Float64Array.from({ length: size }, (_, p) => moments.second[p * size + p]!)
      const all = squares.reduce((sum, square) => sum + square, Number.MIN_VALUE)
      reader.units.forEach((unit, p) => {
        if (unit >= 0) scores[unit]! += squares[p]! / all
      })
    }
    return scores
  })

/** Turn at which a channel goes when always the one goes whose share the readers' outputs miss least. */
export const missingShare = (table: MomentTable): ChannelScorer =>
  byElimination(table, (units, sum) => new MissingLoss(units, sum), false)

/**
 * Errors that refitted readers are taken to get with what is left, as a share of mean squares: what is left was refitted itself.
 * 0.1, 0.3 and 1 were within two points of each other on held-out samples of the nets of bench/channel-scores.mjs, 0.001 below
 * them at half the width.
 */
const refitNoise = 0.3

/** The same, the readers refitted to what is left each time: what others can stand in for goes first. */
export const refitError = (table: MomentTable, noise = refitNoise): ChannelScorer =>
  byElimination(table, (units, sum) => new RefitLoss(units, sum, noise), true)

interface Reading {
  readonly reader: LinearReader
  /** Of the positions that are left of the original's. */
  readonly moments: Moments
}

const byElimination = (
  table: MomentTable,
  lossOf: (units: number, sum: LinearSum) => Loss,
  isCentred: boolean,
): ChannelScorer =>
  byReaders(table, (units, readings) =>
    eliminate(
      units,
      readings.map(({ reader, moments }) =>
        lossOf(units, {
          units: reader.units,
          moments: isCentred ? covariance(moments) : moments.second,
          weights: reader.gram(),
        }),
      ),
    ),
  )

function byReaders(
  table: MomentTable,
  scoresOf: (units: number, readings: readonly Reading[]) => Float64Array,
): ChannelScorer {
  return (correspondence) => (group) => {
    const readings = readingsOf(group, table, correspondence)
    return readings.length === 0 ? weightScores(group) : scoresOf(group.units, readings)
  }
}

function readingsOf(group: ChannelGroup, table: MomentTable, correspondence: Correspondence): Reading[] {
  return linearReaders(group).flatMap((reader) => {
    const moments = momentsAt(reader, table, correspondence)
    return moments === undefined ? [] : [{ reader, moments }]
  })
}

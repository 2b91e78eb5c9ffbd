import type { BoostOptions } from '../boosting/boost.js'
import type { Method } from './fit-correction.js'

const whiteBoxAlone: Method = { name: 'white-box' }

const trees = (maxLeaves: number, rounds: number, minRowsPerLeaf: number, learningRate: number): BoostOptions => ({
  maxLeaves,
  maxDepth: 6,
  rounds,
  minRowsPerLeaf,
  learningRate,
  l2: 1,
  rowShare: 0.7,
  featureShare: 0.5,
})

/** With many rows the surface does most of the work: few trees, for predictions in microseconds. */
const manyRows = trees(31, 20, 10, 0.35)
const thousandsOfRows = trees(31, 48, 8, 0.15)
const someRows = trees(15, 100, 4, 0.1)
const fewRows = trees(8, 100, 4, 0.08)

/** The surface does most and follows its rows closely: many families, little noise. */
const sharp = { familyLengths: [4, 4, 1], sliceLengths: [0.5, 2.8, 1, 2.8], noise: 0.06 }
/** Surface and trees share. */
const medium = { familyLengths: [6, 6, 1], sliceLengths: [0.7, 2.8, 1.5, 2.8], noise: 0.2 }
/** The surface smooths what trees leave, far along all axes: for tables with holes. */
const smooth = { familyLengths: [16, 16, 4], sliceLengths: [2, 6, 4, 6], noise: 0.2 }

/** Methods worth trying for a table of so many rows; the best on families left out is taken. */
export function methodsFor(rows: number): Method[] {
  if (rows > 20_000) {
    return [
      whiteBoxAlone,
      { name: 'trees', boost: manyRows },
      { name: 'trees+surface, sharp', boost: manyRows, kriging: { treeShare: 0.35, covariance: sharp } },
      { name: 'trees+surface, medium', boost: manyRows, kriging: { treeShare: 0.6, covariance: medium } },
    ]
  }
  if (rows < 40) return [whiteBoxAlone]
  const boost = rows > 3_000 ? thousandsOfRows : rows > 400 ? someRows : fewRows
  return [
    whiteBoxAlone,
    { name: 'trees', boost },
    { name: 'trees+surface, sharp', boost, kriging: { treeShare: 0.35, covariance: sharp } },
    { name: 'trees+surface, medium', boost, kriging: { treeShare: 0.7, covariance: medium } },
    { name: 'trees+surface, smooth', boost, kriging: { treeShare: 1, covariance: smooth } },
  ]
}

import { CholeskyDecomposition, Matrix } from 'ml-matrix'

/** A layer's linear outputs as a sum over positions, each of which belongs to a unit (-1: to none that may go). */
export interface LinearSum {
  readonly units: Int32Array
  /** [positions, positions]: moments of the positions, about their means where a bias takes these up. */
  readonly moments: Float64Array
  /** [positions, positions]: products of the weights, see `LinearReader.gram`. */
  readonly weights: Float64Array
}

/** What it costs to let units go, and that they went. */
export interface Loss {
  /** What the error grows by when that unit goes now. */
  of(unit: number): number
  drop(unit: number): void
}

/**
 * Units go one after the other, always the one whose loss is least by then: the turn at which each goes, from 0. What is worth
 * keeping depends on what else is kept, and so does what is left at any size.
 */
export function eliminate(units: number, losses: readonly Loss[]): Float64Array {
  const turns = new Float64Array(units)
  const left = new Set(turns.keys())
  for (let turn = 0; turn < units; turn++) {
    let least = Number.POSITIVE_INFINITY
    let worst = -1
    for (const unit of left) {
      const loss = losses.reduce((sum, each) => sum + each.of(unit), 0)
      if (loss < least || worst < 0) [least, worst] = [loss, unit]
    }
    for (const loss of losses) loss.drop(worst)
    left.delete(worst)
    turns[worst] = turn
  }
  return turns
}

/**
 * Error of the outputs when what units added is missing and all else is as it was, over the variance of the outputs:
 * sum over p, q that went of (weights x moments)[p, q].
 */
export class MissingLoss implements Loss {
  readonly #positions: readonly (readonly number[])[]
  readonly #added: Float64Array
  readonly #size: number
  /** By position: twice its products with all that went. */
  readonly #gone: Float64Array

  constructor(units: number, sum: LinearSum) {
    this.#positions = positionsOf(units, sum)
    this.#size = sum.units.length
    this.#added = relative(sum)
    this.#gone = new Float64Array(this.#size)
  }

  of(unit: number): number {
    const own = this.#positions[unit]!
    let loss = 0
    for (const p of own) {
      loss += this.#gone[p]!
      for (const q of own) loss += this.#added[p * this.#size + q]!
    }
    return loss
  }

  drop(unit: number): void {
    for (const p of this.#positions[unit]!)
      for (let q = 0; q < this.#size; q++) this.#gone[q]! += 2 * this.#added[p * this.#size + q]!
  }
}

/**
 * The same when the weights of what is left are refitted by least squares each time: with P the inverse of the moments of what
 * is left and W its weights, letting p go costs |W_p|^2 / P_pp, and W_i becomes W_i - W_p P_ip / P_pp. Only products of
 * weights are needed. Source: optimal brain surgeon (Hassibi and Stork 1993), with all weights of a channel at once.
 *
 * `noise`: what is left is taken to carry errors of its own, of that share of its mean squares, so that little is expected of
 * weights that would have to change much. With more and more of it the loss becomes that of `MissingLoss`.
 */
export class RefitLoss implements Loss {
  readonly #positions: readonly (readonly number[])[]
  readonly #size: number
  readonly #inverse: Float64Array
  readonly #weights: Float64Array
  /** By position: what the noise makes the loss too large by, since what went has none. */
  readonly #excess: Float64Array
  readonly #left: Set<number>

  constructor(units: number, sum: LinearSum, noise: number) {
    this.#positions = positionsOf(units, sum)
    const size = sum.units.length
    this.#size = size
    const variance = outputVariance(sum)
    this.#weights = sum.weights.map((product) => product / variance)
    const least = leastShare * meanDiagonal(sum.moments, size)
    const noises = Float64Array.from({ length: size }, (_, p) => noise * sum.moments[p * size + p]! + least)
    this.#inverse = inverse(sum.moments, noises)
    this.#excess = noises.map((value, p) => value * this.#weights[p * size + p]!)
    this.#left = new Set(sum.units.keys())
  }

  of(unit: number): number {
    const own = this.#positions[unit]!
    const excess = own.reduce((sum, p) => sum + this.#excess[p]!, 0)
    return this.#regularised(own) - excess
  }

  /** What the error and the noise together grow by. */
  #regularised(own: readonly number[]): number {
    const [p] = own
    if (p === undefined) return 0
    if (own.length === 1) return this.#weights[p * this.#size + p]! / this.#inverse[p * this.#size + p]!
    const block = (of: Float64Array) => new Matrix(own.map((i) => own.map((j) => this.#at(of, i, j))))
    return new CholeskyDecomposition(block(this.#inverse)).solve(block(this.#weights)).trace()
  }

  drop(unit: number): void {
    for (const p of this.#positions[unit]!) this.#drop(p)
  }

  /** Both are symmetric, and kept as their lower triangles. */
  #at(of: Float64Array, i: number, j: number): number {
    return of[i < j ? j * this.#size + i : i * this.#size + j]!
  }

  #row(of: Float64Array, p: number): Float64Array {
    return Float64Array.from({ length: this.#size }, (_, j) => this.#at(of, p, j))
  }

  #drop(p: number): void {
    const [inverse, weights] = [this.#inverse, this.#weights]
    this.#left.delete(p)
    const [inverseRow, weightRow] = [this.#row(inverse, p), this.#row(weights, p)]
    const [pivot, own] = [inverseRow[p]!, weightRow[p]!]
    for (const i of this.#left) {
      const share = inverseRow[i]! / pivot
      const cross = (weightRow[i]! - share * own) / pivot
      const start = i * this.#size
      for (let j = 0; j <= i; j++) {
        weights[start + j]! -= share * weightRow[j]! + cross * inverseRow[j]!
        inverse[start + j]! -= share * inverseRow[j]!
      }
    }
  }
}

function positionsOf(units: number, { units: ofPositions }: LinearSum): number[][] {
  const positions: number[][] = Array.from({ length: units }, () => [])
  ofPositions.forEach((unit, p) => {
    if (unit >= 0) positions[unit]!.push(p)
  })
  return positions
}

/** What positions add to the outputs, over the variance of these. */
function relative(sum: LinearSum): Float64Array {
  const variance = outputVariance(sum)
  return sum.moments.map((moment, i) => (moment * sum.weights[i]!) / variance)
}

/** At least as much as next to nothing, so that it can be divided by. */
function outputVariance({ moments, weights }: LinearSum): number {
  let variance = 0
  for (let i = 0; i < moments.length; i++) variance += moments[i]! * weights[i]!
  return Math.max(variance, Number.MIN_VALUE)
}

/** Noise that there is at least, relative to the mean square of all positions: what is never anything has an inverse too. */
const leastShare = 1e-9

function meanDiagonal(moments: Float64Array, size: number): number {
  let sum = 0
  for (let p = 0; p < size; p++) sum += moments[p * size + p]!
  return sum > 0 ? sum / size : 1
}

function inverse(moments: Float64Array, noises: Float64Array): Float64Array {
  const size = noises.length
  const matrix = Matrix.from1DArray(size, size, moments)
  noises.forEach((noise, p) => {
    matrix.set(p, p, matrix.get(p, p) + noise)
  })
  return Float64Array.from(new CholeskyDecomposition(matrix).solve(Matrix.eye(size)).to1DArray())
}

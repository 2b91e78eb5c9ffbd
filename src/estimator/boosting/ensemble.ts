import { decodeFloat32, decodeInt16, decodeUint8, encodeArray } from '../typed-arrays.js'
import type { BoostedTrees } from './boost.js'

/** Boosted trees as JSON: numbers as typed arrays, little-endian. */
export interface EncodedTrees {
  readonly width: number
  readonly base: number
  /** Per feature: how many borders it has. */
  readonly borderCounts: readonly number[]
  /** float32: the borders of all features, one after the other. */
  readonly borders: string
  /** Per tree: how many inner nodes it has; it has one leaf more. */
  readonly nodeCounts: readonly number[]
  /** uint8 per inner node: feature, and bin up to which a row goes left. */
  readonly features: string
  readonly bins: string
  /** int16 per inner node: children; ~i is leaf i. */
  readonly left: string
  readonly right: string
  /** float32 per leaf. */
  readonly values: string
}

const concat = <T extends Uint8Array | Int16Array | Float32Array>(into: T, parts: readonly ArrayLike<number>[]): T => {
  let at = 0
  for (const part of parts) {
    into.set(part, at)
    at += part.length
  }
  return into
}

const total = (lists: readonly ArrayLike<number>[]): number => lists.reduce((sum, { length }) => sum + length, 0)

export function encodeTrees({ width, base, borders, trees }: BoostedTrees): EncodedTrees {
  const nodes = total(trees.map(({ feature }) => feature))
  const bytes = (key: 'feature' | 'bin') =>
    encodeArray(
      concat(
        new Uint8Array(nodes),
        trees.map((tree) => tree[key]),
      ),
    )
  const children = (key: 'left' | 'right') =>
    encodeArray(
      concat(
        new Int16Array(nodes),
        trees.map((tree) => tree[key]),
      ),
    )
  const values = trees.map((tree) => tree.values)
  return {
    width,
    base,
    borderCounts: borders.map(({ length }) => length),
    borders: encodeArray(concat(new Float32Array(total(borders)), borders)),
    nodeCounts: trees.map(({ feature }) => feature.length),
    features: bytes('feature'),
    bins: bytes('bin'),
    left: children('left'),
    right: children('right'),
    values: encodeArray(concat(new Float32Array(total(values)), values)),
  }
}

/** Trees laid out for prediction: all nodes of all trees in flat arrays. */
export class Ensemble {
  readonly #base: number
  /** Index of the first node of each tree; a tree without inner nodes is its leaf, as ~index. */
  readonly #roots: Int32Array
  readonly #feature: Uint8Array
  readonly #threshold: Float32Array
  /** Children: node index, or ~index into the values. Right follows left. */
  readonly #children: Int32Array
  readonly #values: Float32Array

  constructor(encoded: EncodedTrees) {
    const { nodeCounts, borderCounts } = encoded
    const borders = decodeFloat32(encoded.borders)
    const bins = decodeUint8(encoded.bins)
    const left = decodeInt16(encoded.left)
    const right = decodeInt16(encoded.right)
    this.#base = encoded.base
    this.#feature = decodeUint8(encoded.features)
    this.#values = decodeFloat32(encoded.values)
    const firstBorder = new Int32Array(borderCounts.length)
    borderCounts.forEach((count, f) => {
      if (f + 1 < borderCounts.length) firstBorder[f + 1] = firstBorder[f]! + count
    })
    this.#threshold = new Float32Array(bins.length)
    for (let node = 0; node < bins.length; node++) {
      this.#threshold[node] = borders[firstBorder[this.#feature[node]!]! + bins[node]!]!
    }
    this.#roots = new Int32Array(nodeCounts.length)
    this.#children = new Int32Array(2 * bins.length)
    let node = 0
    let leaf = 0
    nodeCounts.forEach((count, tree) => {
      this.#roots[tree] = count === 0 ? ~leaf : node
      for (let i = 0; i < count; i++) {
        const [l, r] = [left[node + i]!, right[node + i]!]
        this.#children[2 * (node + i)] = l >= 0 ? node + l : ~(leaf + ~l)
        this.#children[2 * (node + i) + 1] = r >= 0 ? node + r : ~(leaf + ~r)
      }
      node += count
      leaf += count + 1
    })
  }

  /** Sum of all trees for one row of features (float32 values, as the borders are). */
  predict(row: Float32Array): number {
    const roots = this.#roots
    const feature = this.#feature
    const threshold = this.#threshold
    const children = this.#children
    const values = this.#values
    let sum = this.#base
    for (let tree = 0; tree < roots.length; tree++) {
      let node = roots[tree]!
      while (node >= 0) node = children[2 * node + (row[feature[node]!]! > threshold[node]! ? 1 : 0)]!
      sum += values[~node]!
    }
    return sum
  }
}

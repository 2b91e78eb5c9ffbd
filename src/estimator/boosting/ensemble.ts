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

/** Trees that are walked side by side: a step of one need not wait for that of another. */
const lanes = 4

/**
 * Trees laid out for prediction: all nodes of all trees in flat arrays, leaves included. A leaf is its own child, so the
 * trees of a group are walked in as many steps as the deepest has, without a branch that depends on the data.
 */
export class Ensemble {
  readonly #base: number
  /** A group of trees after the other; filled up with trees that are a leaf of 0. */
  readonly #roots: Int32Array
  /** Steps of each group. */
  readonly #depths: Uint8Array
  readonly #feature: Uint8Array
  readonly #threshold: Float32Array
  /** Two a node: where a row goes with a value up to the threshold, and above it. */
  readonly #children: Int32Array
  readonly #values: Float32Array

  constructor(encoded: EncodedTrees) {
    const { nodeCounts } = encoded
    const features = decodeUint8(encoded.features)
    const left = decodeInt16(encoded.left)
    const right = decodeInt16(encoded.right)
    const leaves = decodeFloat32(encoded.values)
    const thresholds = thresholdsOf(encoded, features)
    const groups = Math.ceil(nodeCounts.length / lanes)
    // The last node is the leaf of 0.
    const size = features.length + leaves.length + 1
    this.#base = encoded.base
    this.#feature = new Uint8Array(size)
    this.#threshold = new Float32Array(size)
    this.#children = new Int32Array(2 * size)
    this.#values = new Float32Array(size)
    this.#roots = new Int32Array(groups * lanes).fill(size - 1)
    this.#depths = new Uint8Array(groups)
    this.#children.fill(size - 1, 2 * size - 2)
    let inner = 0
    let leaf = 0
    let at = 0
    nodeCounts.forEach((count, tree) => {
      this.#roots[tree] = at
      const child = (i: number) => at + (i >= 0 ? i : count + ~i)
      const depths = new Uint8Array(count)
      for (let i = 0; i < count; i++) {
        const [l, r] = [left[inner + i]!, right[inner + i]!]
        this.#feature[at + i] = features[inner + i]!
        this.#threshold[at + i] = thresholds[inner + i]!
        this.#children[2 * (at + i)] = child(l)
        this.#children[2 * (at + i) + 1] = child(r)
        // Children come after their parents.
        for (const next of [l, r]) if (next >= 0) depths[next] = depths[i]! + 1
        const group = Math.floor(tree / lanes)
        this.#depths[group] = Math.max(this.#depths[group]!, depths[i]! + 1)
      }
      for (let i = 0; i <= count; i++) {
        const node = at + count + i
        this.#children[2 * node] = node
        this.#children[2 * node + 1] = node
        this.#values[node] = leaves[leaf + i]!
      }
      inner += count
      leaf += count + 1
      at += 2 * count + 1
    })
  }

  /** Sum of all trees for one row of features (float32 values, as the borders are). */
  predict(row: Float32Array): number {
    const roots = this.#roots
    const depths = this.#depths
    const feature = this.#feature
    const threshold = this.#threshold
    const children = this.#children
    const values = this.#values
    let sum = this.#base
    for (let group = 0, root = 0; group < depths.length; group++, root += lanes) {
      let a = roots[root]!
      let b = roots[root + 1]!
      let c = roots[root + 2]!
      let d = roots[root + 3]!
      for (let step = depths[group]!; step > 0; step--) {
        a = children[2 * a + Number(row[feature[a]!]! > threshold[a]!)]!
        b = children[2 * b + Number(row[feature[b]!]! > threshold[b]!)]!
        c = children[2 * c + Number(row[feature[c]!]! > threshold[c]!)]!
        d = children[2 * d + Number(row[feature[d]!]! > threshold[d]!)]!
      }
      sum += values[a]! + values[b]! + values[c]! + values[d]!
    }
    return sum
  }
}

/** Values that inner nodes compare with: a row with at most this goes left. */
function thresholdsOf({ borderCounts, borders, bins }: EncodedTrees, features: Uint8Array): Float32Array {
  const all = decodeFloat32(borders)
  const firstBorder = new Int32Array(borderCounts.length)
  for (let f = 1; f < borderCounts.length; f++) firstBorder[f] = firstBorder[f - 1]! + borderCounts[f - 1]!
  const nodeBins = decodeUint8(bins)
  return Float32Array.from(features, (feature, node) => all[firstBorder[feature]! + nodeBins[node]!]!)
}

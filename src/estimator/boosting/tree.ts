import type { BinnedTable } from './bins.js'

export interface TreeOptions {
  readonly maxLeaves: number
  /** Inner nodes on the longest way from the root to a leaf. */
  readonly maxDepth: number
  readonly minRowsPerLeaf: number
  /** Added to a leaf's count: shrinks the values of small leaves towards 0. */
  readonly l2: number
}

/** A regression tree. Child i >= 0 is inner node i, a child below 0 is leaf ~child. Node 0 is the root if there is one. */
export interface Tree {
  readonly feature: Uint8Array
  /** A row goes left if its bin is at most this. */
  readonly bin: Uint8Array
  readonly left: Int16Array
  readonly right: Int16Array
  readonly values: Float64Array
}

interface Leaf {
  /** Range of the grower's row order. */
  readonly start: number
  readonly end: number
  readonly count: number
  readonly sum: number
  readonly histogram: Float64Array
  readonly split: Split | undefined
  readonly depth: number
  /** Where the tree points to this leaf. */
  readonly parent: number
  readonly isLeft: boolean
}

interface Split {
  readonly feature: number
  readonly bin: number
  readonly gain: number
}

/**
 * Grows regression trees best leaf first on histograms of targets; the smaller child's histogram is counted and
 * its sibling's is the difference (Ke et al., LightGBM, NeurIPS 2017). One grower serves all trees of an ensemble.
 */
export class TreeGrower {
  readonly #table: BinnedTable
  readonly #options: TreeOptions
  readonly #order: Int32Array
  readonly #scratch: Int32Array
  /** Histograms of leaves that are no more. Each holds (sum, count) per bin and feature. */
  readonly #pool: Float64Array[] = []
  /** Where the bins of each feature begin in a histogram; one more than there are features. */
  readonly #starts: Int32Array
  #features: Int32Array = new Int32Array(0)

  constructor(table: BinnedTable, options: TreeOptions) {
    this.#table = table
    this.#options = options
    this.#order = new Int32Array(table.rows)
    this.#scratch = new Int32Array(table.rows)
    this.#starts = new Int32Array(table.width + 1)
    table.borders.forEach(({ length }, f) => {
      this.#starts[f + 1] = this.#starts[f]! + 2 * (length + 1)
    })
  }

  /**
   * Fits one tree to `targets` (one a row of the table) over `rows` and `features`, both lists of indices, by least
   * squares. Leaf values are multiplied with `rate`.
   */
  grow(targets: Float64Array, rows: Int32Array, features: Int32Array, rate: number): Tree {
    this.#features = features
    this.#order.set(rows)
    const size = this.#options.maxLeaves
    const tree = {
      feature: new Uint8Array(size - 1),
      bin: new Uint8Array(size - 1),
      left: new Int16Array(size - 1),
      right: new Int16Array(size - 1),
    }
    const histogram = this.#histogram()
    this.#count(histogram, 0, rows.length, targets)
    const [sum, count] = this.#totals(histogram)
    const leaves = [
      this.#leaf({ start: 0, end: rows.length, sum, count, histogram, depth: 0, parent: -1, isLeft: true }),
    ]
    let nodes = 0
    while (leaves.length < size) {
      const at = bestLeaf(leaves)
      if (at < 0) break
      const leaf = leaves[at]!
      const { feature, bin } = leaf.split!
      const node = nodes++
      tree.feature[node] = feature
      tree.bin[node] = bin
      this.#attach(tree, leaf, node)
      const middle = this.#partition(leaf, feature, bin)
      const isLeftSmall = middle - leaf.start <= leaf.end - middle
      const small = this.#histogram()
      if (isLeftSmall) this.#count(small, leaf.start, middle, targets)
      else this.#count(small, middle, leaf.end, targets)
      const large = leaf.histogram
      this.#subtract(large, small)
      const [smallSum, smallCount] = this.#totals(small)
      const smallPart = { sum: smallSum, count: smallCount, histogram: small }
      const largePart = { sum: leaf.sum - smallSum, count: leaf.count - smallCount, histogram: large }
      const [left, right] = isLeftSmall ? [smallPart, largePart] : [largePart, smallPart]
      const below = { depth: leaf.depth + 1, parent: node }
      leaves[at] = this.#leaf({ ...left, ...below, start: leaf.start, end: middle, isLeft: true })
      leaves.push(this.#leaf({ ...right, ...below, start: middle, end: leaf.end, isLeft: false }))
    }
    const values = new Float64Array(leaves.length)
    leaves.forEach((leaf, i) => {
      values[i] = (rate * leaf.sum) / (leaf.count + this.#options.l2)
      this.#attach(tree, leaf, ~i)
      this.#pool.push(leaf.histogram)
    })
    return {
      feature: tree.feature.slice(0, nodes),
      bin: tree.bin.slice(0, nodes),
      left: tree.left.slice(0, nodes),
      right: tree.right.slice(0, nodes),
      values,
    }
  }

  #attach(tree: { left: Int16Array; right: Int16Array }, leaf: Leaf, child: number): void {
    if (leaf.parent < 0) return
    if (leaf.isLeft) tree.left[leaf.parent] = child
    else tree.right[leaf.parent] = child
  }

  #leaf(part: Omit<Leaf, 'split'>): Leaf {
    const { minRowsPerLeaf, maxDepth } = this.#options
    const isWhole = part.depth >= maxDepth || part.count < 2 * minRowsPerLeaf
    return { ...part, split: isWhole ? undefined : this.#bestSplit(part.histogram, part.sum, part.count) }
  }

  #bestSplit(histogram: Float64Array, sum: number, count: number): Split | undefined {
    const { l2, minRowsPerLeaf } = this.#options
    const { borders } = this.#table
    const starts = this.#starts
    const before = (sum * sum) / (count + l2)
    let best = 1e-12
    let feature = -1
    let bin = -1
    const features = this.#features
    for (let k = 0; k < features.length; k++) {
      const f = features[k]!
      const base = starts[f]!
      const cuts = borders[f]!.length
      let leftSum = 0
      let leftCount = 0
      for (let b = 0; b < cuts; b++) {
        const inBin = histogram[base + 2 * b + 1]!
        if (inBin === 0) continue
        leftSum += histogram[base + 2 * b]!
        leftCount += inBin
        const rightCount = count - leftCount
        if (leftCount < minRowsPerLeaf) continue
        if (rightCount < minRowsPerLeaf) break
        const rightSum = sum - leftSum
        const gain = (leftSum * leftSum) / (leftCount + l2) + (rightSum * rightSum) / (rightCount + l2) - before
        if (gain > best) {
          best = gain
          feature = f
          bin = b
        }
      }
    }
    return feature < 0 ? undefined : { feature, bin, gain: best }
  }

  /** Orders the leaf's rows by side; returns where the right side begins. */
  #partition({ start, end }: Leaf, feature: number, bin: number): number {
    const { bins, width } = this.#table
    const order = this.#order
    let left = start
    let right = 0
    for (let k = start; k < end; k++) {
      const row = order[k]!
      if (bins[row * width + feature]! <= bin) order[left++] = row
      else this.#scratch[right++] = row
    }
    order.set(this.#scratch.subarray(0, right), left)
    return left
  }

  #count(histogram: Float64Array, start: number, end: number, targets: Float64Array): void {
    const { bins, width } = this.#table
    const features = this.#features
    const order = this.#order
    const starts = this.#starts
    const last = features.length
    for (let k = start; k < end; k++) {
      const row = order[k]!
      const target = targets[row]!
      const base = row * width
      for (let j = 0; j < last; j++) {
        const f = features[j]!
        const at = starts[f]! + 2 * bins[base + f]!
        histogram[at]! += target
        histogram[at + 1]! += 1
      }
    }
  }

  #subtract(from: Float64Array, other: Float64Array): void {
    for (const f of this.#features) {
      const end = this.#starts[f + 1]!
      for (let i = this.#starts[f]!; i < end; i++) from[i]! -= other[i]!
    }
  }

  #totals(histogram: Float64Array): [sum: number, count: number] {
    const feature = this.#features[0]!
    const end = this.#starts[feature + 1]!
    let sum = 0
    let count = 0
    for (let i = this.#starts[feature]!; i < end; i += 2) {
      sum += histogram[i]!
      count += histogram[i + 1]!
    }
    return [sum, count]
  }

  #histogram(): Float64Array {
    const histogram = this.#pool.pop()
    if (histogram === undefined) return new Float64Array(this.#starts.at(-1)!)
    for (const f of this.#features) histogram.fill(0, this.#starts[f]!, this.#starts[f + 1]!)
    return histogram
  }
}

function bestLeaf(leaves: readonly Leaf[]): number {
  let best = -1
  let gain = 0
  for (let i = 0; i < leaves.length; i++) {
    const split = leaves[i]!.split
    if (split !== undefined && split.gain > gain) {
      best = i
      gain = split.gain
    }
  }
  return best
}

import type { NetworkFamily } from './family.js'

/**
 * Networks of NAS-Bench-201 (Dong and Yang, ICLR 2020): a stem, three stages of five equal cells with 16, 32 and 64
 * channels at 32, 16 and 8 pixels and a residual block between stages, a classifier. A network is named by six digits,
 * the operators on the edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3 of its cell. Every node adds up what arrives.
 */
export const nasbench201: NetworkFamily<string> = {
  name: 'nasbench201',
  views: [
    { name: 'executed', features: ['conv1x1', 'conv3x3', 'pool', 'add', 'relu', 'body'], of: executed },
    { name: 'written', features: ['none', 'skip', 'conv1x1', 'conv3x3', 'pool'], of: written },
  ],
}

const edges = [
  [0, 1],
  [0, 2],
  [1, 2],
  [0, 3],
  [1, 3],
  [2, 3],
] as const

const none = 0
const skip = 1
const conv1x1 = 2
const conv3x3 = 3
const pool = 4

const cells = 15

const isConv = (op: number): boolean => op === conv1x1 || op === conv3x3

/** Digits of a cell. Throws RangeError for a text that is no cell. */
function opsOf(cell: string): number[] {
  if (!/^[0-4]{6}$/.test(cell)) throw new RangeError(`"${cell}" is no cell: six digits from 0 to 4`)
  return Array.from(cell, Number)
}

/** How often each operator stands in the cell: what a device that runs everything pays for. */
function written(cell: string): Float64Array {
  const counts = new Float64Array(5)
  for (const op of opsOf(cell)) counts[op]! += 1
  return counts
}

/**
 * What a phone's or board's runtime executes in each cell. Operators whose result nobody reads are gone, a constant zero
 * is not added, but operators on a zero still run. A convolution whose result is only multiplied by zero stays as well:
 * the converter puts the zero into its weights. Where no result depends on the image, all but the last cell is constant.
 */
function executed(cell: string): Float64Array {
  const ops = opsOf(cell)
  const into = (node: number) => [0, 1, 2, 3, 4, 5].filter((edge) => edges[edge]![1] === node && ops[edge] !== none)
  const isZero = [false, false, false, false]
  const dependsOnImage = [true, false, false, false]
  const terms: number[][] = [[], [], [], []]
  for (const node of [1, 2, 3]) {
    terms[node] = into(node).filter((edge) => ops[edge] !== skip || !isZero[edges[edge]![0]])
    isZero[node] = terms[node].length === 0
    dependsOnImage[node] = into(node).some((edge) => dependsOnImage[edges[edge]![0]])
  }
  const isRead = [false, false, false, true]
  const running = new Set<number>()
  for (const node of [3, 2, 1]) {
    if (!isRead[node]) continue
    for (const edge of terms[node]!) {
      running.add(edge)
      isRead[edges[edge]![0]] = true
    }
  }
  const kept = keptForNothing(ops, terms, isRead)
  for (const edge of kept) running.add(edge)

  const counts = new Float64Array(6)
  for (const edge of running) {
    const op = ops[edge]!
    if (op === conv1x1) counts[0]! += 1
    else if (op === conv3x3) counts[1]! += 1
    else if (op === pool) counts[2]! += 1
  }
  for (const node of [1, 2, 3]) if (isRead[node]) counts[3]! += Math.max(0, terms[node]!.length - 1)
  counts[3]! += kept.length
  // The activation before a convolution is free in the kernel that made its only input.
  for (const node of [0, 1, 2]) {
    const readers = [...running].filter((edge) => edges[edge]![0] === node)
    if (readers.length > 1) counts[4]! += readers.filter((edge) => isConv(ops[edge]!)).length
  }
  const isAlive = dependsOnImage[3] || kept.some((edge) => dependsOnImage[edges[edge]![0]])
  counts[5] = 1
  return isAlive ? counts : counts.map((count, i) => (i === 5 ? 0 : count / cells))
}

/** Edges of convolutions that run although their node is not read. */
function keptForNothing(ops: readonly number[], terms: readonly number[][], isRead: readonly boolean[]): number[] {
  const first = !isRead[1] && isConv(ops[0]!)
  if (isRead[2]) return first ? [0] : []
  const [edge, ...others] = terms[2]!
  if (edge === undefined) return first ? [0] : []
  if (others.length > 0) return []
  if (edge === 2 && ops[edge] === skip) return first ? [0] : []
  // Two convolutions of the image that both end in zeros are one constant.
  return isConv(ops[edge]!) && !(first && edge === 1) ? [edge] : []
}

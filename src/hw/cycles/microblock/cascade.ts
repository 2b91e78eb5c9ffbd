import type { MicroblockTarget } from '../../target.js'
import { planBlocks } from './blocks.js'
import { hasWeights, type Operation, roundUp } from './operation.js'
import { mapHome } from './port.js'
import { compressedBytes } from './weights.js'

/** A kernel as a link of a chain: what matters for passing stripes of rows on. */
export interface Link {
  /** Undefined for kernels of several operations: they end a chain. */
  readonly operation: Operation | undefined
  /** Whole maps, as stored. */
  readonly inputBytes: number
  readonly outputBytes: number
  /** All maps alive while it runs, its own among them. */
  readonly aliveBytes: number
  /** The next kernel is the only reader of the output and reads nothing else that a kernel made. */
  readonly feedsNext: boolean
  readonly bitsPerWeight: number
}

/** Kernels `first` to `last` pass stripes on instead of whole maps. */
export interface Cascade {
  readonly first: number
  readonly last: number
  /** Rows each of them makes at a time. */
  readonly stripeRows: readonly number[]
  /** SRAM of the buffers between them, and in shared SRAM of the chain's input and output. */
  readonly bytes: number
}

/**
 * Chains of kernels whose maps do not fit the SRAM run stripe by stripe: only a rolling buffer of rows lies between two
 * of them. A chain grows while its next kernel would not fit alone, or while that makes it smaller; its stripes are as
 * high as the SRAM allows. Source: cascades of Vela 3.10 (ethosu/vela/cascade_builder.py, scheduler.py).
 */
export function planCascades(links: readonly Link[], target: MicroblockTarget): Cascade[] {
  const isShared = mapHome(target) === 'sram'
  const rows = smallestStripes(links)
  const cascades: Cascade[] = []
  let limit = target.memory.sramBytes
  for (let first = 0; first < links.length; ) {
    const last = isCascadable(links[first]!, rows[first]!) ? chainFrom(links, rows, first, limit, isShared) : first
    if (last > first) {
      const stripeRows = highestStripes(links, first, last, target) ?? rows.slice(first, last + 1)
      const bytes = cascadeBytes(links, first, stripeRows, isShared)
      cascades.push({ first, last, stripeRows, bytes })
      if (isShared) limit = Math.max(limit, bytes + otherBytes(links[first]!))
    } else if (isShared) limit = Math.max(limit, links[first]!.aliveBytes)
    first = last + 1
  }
  return cascades
}

/** As many rows as the next kernel's stride takes in one step. */
const smallestStripes = (links: readonly Link[]): number[] =>
  links.map((_, i) => links[i + 1]?.operation?.stride.height ?? 1)

function isCascadable({ operation }: Link, rows: number): boolean {
  if (operation === undefined || rows >= operation.output.extent.height) return false
  const { unit, second } = operation
  return unit !== 'vector-product' && unit !== 'reduce-sum' && (second === undefined || second.home === 'dram')
}

/** Maps that a kernel neither reads nor makes. */
const otherBytes = ({ inputBytes, outputBytes, aliveBytes }: Link): number =>
  Math.max(0, aliveBytes - inputBytes - outputBytes)

/** The last kernel of the chain that starts at `first`; `first` itself for none. */
function chainFrom(links: readonly Link[], rows: readonly number[], first: number, limit: number, isShared: boolean) {
  const { inputBytes, aliveBytes } = links[first]!
  let last = first
  let best = aliveBytes
  let buffers = 0
  for (let at = first; links[at]!.feedsNext; at++) {
    const next = links[at + 1]
    if (next === undefined || !isCascadable(next, rows[at + 1]!)) break
    buffers += rollingBytes(links[at]!, next, rows[at]!, rows[at + 1]!)
    const alone = next.aliveBytes
    if (!isShared) {
      if (alone < limit || buffers > limit) break
      last = at + 1
      continue
    }
    if ((alone < limit && best < limit) || inputBytes + buffers > best) break
    const size = inputBytes + buffers + next.outputBytes + otherBytes(links[first]!)
    if (size < best || size < alone) {
      best = size
      last = at + 1
    }
  }
  return last
}

/** Rows that must be held between two kernels, so that one writes while the other reads. */
function rollingBytes(producer: Link, consumer: Link, producerRows: number, consumerRows: number): number {
  const { extent, bits } = producer.operation!.output
  const { kernel, stride, input } = consumer.operation!
  const read = Math.min((consumerRows - 1) * stride.height + kernel.height, input.extent.height)
  const width = Math.max(extent.width, input.extent.width)
  return (roundUp(producerRows + read, read) * width * roundUp(extent.channels, 16) * bits) / 8
}

function cascadeBytes(links: readonly Link[], first: number, rows: readonly number[], isShared: boolean): number {
  let bytes = isShared ? links[first]!.inputBytes + links[first + rows.length - 1]!.outputBytes : 0
  for (let i = 1; i < rows.length; i++) {
    bytes += rollingBytes(links[first + i - 1]!, links[first + i]!, rows[i - 1]!, rows[i]!)
  }
  return bytes
}

/** The highest stripes that fit beside the filters of the whole chain; undefined if only the smallest do. */
function highestStripes(
  links: readonly Link[],
  first: number,
  last: number,
  target: MicroblockTarget,
): number[] | undefined {
  const chain = links.slice(first, last + 1)
  const isShared = mapHome(target) === 'sram'
  const filters = chain.reduce((sum, { operation, bitsPerWeight }) => {
    if (operation === undefined || !hasWeights(operation)) return sum
    const plan = planBlocks(operation, target)
    return sum + compressedBytes(operation, plan, operation.output.extent.channels, bitsPerWeight, target.array)
  }, 0)
  const height = chain.at(-1)!.operation!.output.extent.height
  let best: number[] | undefined
  for (let rows = 2; rows <= Math.floor(height / 2); rows++) {
    const stripes: number[] = []
    let needed = rows
    for (const { operation } of [...chain].reverse()) {
      stripes.unshift(Math.min(needed, operation!.output.extent.height))
      needed *= operation!.stride.height
    }
    const bytes = cascadeBytes(links, first, stripes, isShared) + filters
    if (bytes + (isShared ? otherBytes(links[first]!) : 0) > target.memory.sramBytes) break
    best = stripes
  }
  return best
}

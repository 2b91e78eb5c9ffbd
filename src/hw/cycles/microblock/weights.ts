import type { MicroblockTarget } from '../../target.js'
import { type BlockPlan, depthSlice, subKernelLimit } from './blocks.js'
import { computeCycles } from './compute.js'
import { hasWeights, type Operation, roundUp } from './operation.js'
import type { WeightRoom } from './placement.js'
import { type Home, mapHome, portOf } from './port.js'

/** Packed scale, shift and bias of an output channel. */
export const scaleBytes = 10

/** Compressed streams start on multiples of this. */
const streamAlignment = 16

/** What the coder makes of `channels` output channels of an operation's filters, scales and biases included. */
export function compressedBytes(
  operation: Operation,
  plan: BlockPlan,
  channels: number,
  bitsPerWeight: number,
  array: MicroblockTarget['array'],
): number {
  let bytes = 0
  for (let core = 0; core < array.cores; core++) {
    const share = Math.floor((channels - core + array.cores - 1) / array.cores)
    if (share > 0) bytes += coreBytes(operation, plan, share, bitsPerWeight, array)
  }
  return bytes
}

/**
 * The stream holds zeros where a microblock, a dot product or a group of four kernel elements is not full. They cost
 * the entropy of where they are, weights their own bits.
 */
function coreBytes(
  operation: Operation,
  plan: BlockPlan,
  channels: number,
  bitsPerWeight: number,
  array: MicroblockTarget['array'],
): number {
  const { unit, input, kernel } = operation
  const depth = unit === 'depthwise' ? 1 : input.extent.channels
  let storedDepth = 1
  if (unit !== 'depthwise') storedDepth = roundUp(depth, plan.isPartKernel ? array.dotProductDepth : 32)
  let storedElements = 0
  for (let y = 0; y < kernel.height; y += subKernelLimit) {
    for (let x = 0; x < kernel.width; x += subKernelLimit) {
      const elements = Math.min(kernel.height - y, subKernelLimit) * Math.min(kernel.width - x, subKernelLimit)
      storedElements += unit === 'depthwise' || plan.isPartKernel ? roundUp(elements, 4) : elements
    }
  }
  const weights = kernel.height * kernel.width * depth * channels
  const stored = storedElements * storedDepth * roundUp(channels, array.microblock.channels)
  const share = weights / stored
  const zeroBits = share < 1 ? -share * Math.log2(share) - (1 - share) * Math.log2(1 - share) : 0
  const bits = stored * zeroBits + weights * bitsPerWeight
  return roundUp(bits / 8, streamAlignment) + roundUp(scaleBytes * channels, streamAlignment)
}

/** How the filters of an operation reach the array. */
export interface WeightPlan {
  /** Where the array reads them. */
  readonly home: Home
  readonly bytes: number
  /** SRAM they take. */
  readonly bufferBytes: number
  /** Cycles of the operation with the wait for its filters. */
  readonly cycles: number
  /** Cycles of the operation before under which the first of them were fetched. */
  readonly slackBefore: number
  /** Cycles at the end of this operation under which the next one's can be. */
  readonly slackAfter: number
}

/**
 * Filters off chip are copied to the SRAM while the operation before runs, and in slices while their own does, if the
 * free SRAM takes two slices; of kernels that pass stripes on they are there for all stripes. Matrix-vector products
 * read them once, straight from where they are. Source: weight buffering of Vela 3.10 (ethosu/vela/scheduler.py).
 */
export function planWeights(
  operation: Operation,
  plan: BlockPlan,
  { slackCycles, freeSramBytes, stripeRows, bitsPerWeight }: WeightRoom,
  target: MicroblockTarget,
): WeightPlan {
  const { array, memory } = target
  // Before it is known which feature maps stay in the SRAM, they count as where their target keeps them.
  const scheduled = atHome(operation, target)
  const cyclesOf = (channels: number) => computeCycles(withChannels(scheduled, channels), plan, 'sram', target)
  const { channels } = operation.output.extent
  const ownCycles = cyclesOf(channels)
  const cycles = computeCycles(operation, plan, 'sram', target)
  const slackBefore = slackCycles ?? ownCycles
  const inPlace = { home: 'sram', bytes: 0, bufferBytes: 0, cycles, slackBefore, slackAfter: ownCycles } as const
  if (!hasWeights(operation)) return inPlace
  const sizeOf = (part: number) => compressedBytes(operation, plan, part, bitsPerWeight, array)
  const bytes = sizeOf(channels)
  const direct: WeightPlan = {
    ...inPlace,
    home: 'dram',
    bytes,
    cycles: computeCycles(operation, plan, 'dram', target),
  }
  if (operation.unit === 'vector-product' || memory.mode === 'sram-only') return direct
  if (stripeRows !== undefined) return bytes > freeSramBytes ? direct : { ...inPlace, bytes, bufferBytes: bytes }
  const fullTransfer = transferCycles(bytes, target)
  const slices = sliceChannels(plan, channels, bytes, slackBefore, freeSramBytes, cyclesOf, target).map((part) => ({
    part,
    size: sizeOf(part),
  }))
  const largest = Math.max(...slices.map(({ size }) => size))
  if (largest > freeSramBytes) return direct
  const total = slices.reduce((sum, { size }) => sum + size, 0)
  const halves = [0, 1].map((half) => Math.max(0, ...slices.filter((_, i) => i % 2 === half).map(({ size }) => size)))
  const both = halves[0]! + halves[1]!
  const isDouble = both <= freeSramBytes && largest < total
  const first = transferCycles(slices[0]!.size, target)
  const tail = slices.length > 1 ? cyclesOf(slices.at(-1)!.part) : ownCycles
  return {
    home: 'sram',
    bytes: total,
    bufferBytes: isDouble ? both : largest,
    cycles: isDouble
      ? Math.max(fullTransfer - slackBefore + tail, cycles + Math.max(first - slackBefore, 0))
      : cycles + fullTransfer - Math.min(first, slackBefore),
    slackBefore,
    slackAfter: tail,
  }
}

/** Copy from external memory to the SRAM. */
export function transferCycles(bytes: number, target: MicroblockTarget): number {
  const [dram, sram] = [portOf('dram', target), portOf('sram', target)]
  const from = Math.floor(bytes / dram.bytesPerCycle) + dram.readLatencyCycles
  return Math.max(from, Math.floor(bytes / sram.bytesPerCycle))
}

/**
 * Channels of each slice of the filters: a first one that arrives under the operation before, then as many as are
 * computed while the next slice arrives. One slice if all arrive before.
 */
function sliceChannels(
  plan: BlockPlan,
  channels: number,
  bytes: number,
  slackCycles: number,
  freeSramBytes: number,
  cyclesOf: (channels: number) => number,
  target: MicroblockTarget,
): number[] {
  const full = transferCycles(bytes, target)
  const half = Math.floor(freeSramBytes / 2)
  const early = Math.min(full > slackCycles ? (slackCycles / full) * bytes : bytes, half)
  if (early >= bytes) return [channels]
  const block = plan.output.channels
  const down = (depth: number, step: number) => Math.floor(depth / step) * step
  let first = Math.max(depthSlice, down((channels * early) / bytes, depthSlice))
  let next = roundUp(channels * (cyclesOf(Math.min(first, channels)) / full), block)
  if ((next / channels) * bytes > half) next = (half / bytes) * channels
  for (;;) {
    next = Math.max(depthSlice, down(next, next > block ? block : depthSlice))
    const slices: number[] = []
    for (let at = 0; at < channels; ) {
      const size = Math.min(at === 0 ? first : next, channels - at)
      slices.push(size)
      at += size
    }
    const pair = ((slices[0]! + (slices[1] ?? 0)) / channels) * bytes
    if (pair <= freeSramBytes || first === depthSlice) return slices
    if (next > first) next = roundUp(Math.floor(next / 2), depthSlice)
    else first = roundUp(Math.floor(first / 2), depthSlice)
  }
}

const withChannels = (operation: Operation, channels: number): Operation => ({
  ...operation,
  output: { ...operation.output, extent: { ...operation.output.extent, channels } },
})

function atHome(operation: Operation, target: MicroblockTarget): Operation {
  const home = mapHome(target)
  return { ...operation, input: { ...operation.input, home }, output: { ...operation.output, home } }
}

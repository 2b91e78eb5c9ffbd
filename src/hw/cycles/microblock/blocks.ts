import type { Block, MicroblockTarget } from '../../target.js'
import { area, type Operation, roundUp, volume } from './operation.js'

type ArrayOf = MicroblockTarget['array']

/** How an operation is cut into blocks. */
export interface BlockPlan {
  /** Block of outputs a core works on, and the inputs it needs. */
  readonly output: Block
  readonly input: Block
  /** Steps of four kernel elements over few channels at a time, instead of all channels for each element. */
  readonly isPartKernel: boolean
  readonly accumulatorBits: 32 | 40
}

/** Widest kernel a pass covers; larger ones are cut into passes. */
export const subKernelLimit = 8

/** Depth of the slices that outputs and weights are cut along. */
export const depthSlice = 16

/**
 * The block that moves the fewest inputs and weights for each output, among all that fit the internal buffer.
 * Of equals the first found wins, save on small planes, where the one that covers more of the input does.
 * Source: the block search of Vela 3.10 (ethosu/vela/architecture_allocator.py).
 */
export function planBlocks(operation: Operation, { array }: MicroblockTarget): BlockPlan {
  const { microblock, largestBlock } = array
  const { extent: output } = operation.output
  const input = largerOperand(operation)
  const isPartKernel = usesPartKernel(operation)
  const accumulatorBits = accumulatorBitsOf(operation)
  const keepsDepth = operation.unit === 'elementwise' || operation.unit === 'pool' || operation.unit === 'depthwise'
  const inputDepth = inputBlockDepth(operation, input.channels, isPartKernel, array)
  const limit: Block = {
    height: roundUp(Math.min(output.height, largestBlock.height), microblock.height),
    width: roundUp(Math.min(output.width, largestBlock.width), microblock.width),
    channels: roundUp(Math.min(output.channels, largestBlock.channels), microblock.channels),
  }
  let best: BlockPlan | undefined
  let bestCost = Number.POSITIVE_INFINITY
  let bestCoverage = Number.POSITIVE_INFINITY
  for (const channels of depths(output.channels, limit.channels, microblock.channels)) {
    // By height, the narrowest block that does not fit.
    const tooWide = new Map<number, number>()
    for (let height = microblock.height; height <= limit.height; height += microblock.height) {
      for (let width = microblock.width; width <= limit.width; width += microblock.width) {
        // A block that does not fit does not fit on its side either.
        if (height >= (tooWide.get(width) ?? Number.POSITIVE_INFINITY)) continue
        const block: Block = { height, width, channels }
        const needed = inputBlock(operation, block, keepsDepth ? channels : inputDepth, array)
        const isFlat = output.height === 1 && operation.kernel.height === 1 && microblock.height === 2
        const outputs = isFlat ? { ...block, height: 1 } : block
        if (!fits(operation, outputs, needed, accumulatorBits, array)) {
          tooWide.set(height, width)
          break
        }
        let cost = trafficPerOutput(operation, input, outputs, needed, block)
        // Both halves of the buffer hold the whole input: it is fetched once.
        if (volume(input) < volume(needed) * 2) cost /= 2
        if (cost > bestCost) continue
        if (cost === bestCost) {
          const coverage = area(input) / (Math.min(input.height, needed.height) * Math.min(input.width, needed.width))
          if (coverage > bestCoverage || height > 4 || width > 4) continue
          bestCoverage = coverage
        } else bestCoverage = Number.POSITIVE_INFINITY
        bestCost = cost
        best = { output: block, input: needed, isPartKernel, accumulatorBits }
      }
    }
  }
  // A kernel too wide for the buffer at its smallest block is run on that block all the same.
  return (
    best ?? {
      output: microblock,
      input: inputBlock(operation, microblock, inputDepth, array),
      isPartKernel,
      accumulatorBits,
    }
  )
}

/** Depths to try: whole slices while the output is deeper, single microblocks for the rest. */
function depths(channels: number, limit: number, step: number): number[] {
  const toSlice = (depth: number) => (depth < channels ? roundUp(depth, depthSlice) : depth)
  const found: number[] = []
  for (
    let depth = toSlice(Math.max(step, Math.min(limit, depthSlice)));
    depth <= limit;
    depth = toSlice(depth + step)
  ) {
    found.push(depth)
  }
  return found
}

/** Of two operands the larger decides the block. */
function largerOperand({ unit, input, second }: Operation): Block {
  return unit === 'elementwise' && second !== undefined && volume(second.extent) > volume(input.extent)
    ? second.extent
    : input.extent
}

/**
 * Part-kernel-first pays where the channels fill the depth of a block badly and the kernel has elements to make up
 * for it. The choice is that of the better utilisation.
 */
function usesPartKernel({ unit, input, kernel }: Operation): boolean {
  if (unit !== 'convolution' && unit !== 'depthwise') return false
  const { channels } = input.extent
  if (channels <= 8) return true
  const elements = area(kernel)
  const isByte = input.bits === 8
  const byDepth = channels / roundUp(channels, isByte ? 32 : 16)
  const byKernel = (channels * elements) / (roundUp(channels, 8) * roundUp(elements, isByte ? 4 : 2))
  return byKernel > byDepth
}

const accumulatorBitsOf = ({ unit, input }: Operation): 32 | 40 => (input.bits === 16 && unit !== 'pool' ? 40 : 32)

function inputBlockDepth({ input }: Operation, channels: number, isPartKernel: boolean, array: ArrayOf): number {
  if (input.bits === 16) return roundUp(Math.min(channels, 16), 4)
  return roundUp(Math.min(channels, isPartKernel ? 16 : 32), array.dotProductDepth)
}

/** Inputs that a block of outputs needs, in whole microblocks. */
function inputBlock({ kernel, stride }: Operation, block: Block, channels: number, array: ArrayOf): Block {
  const needed = (outputs: number, step: number, taps: number) => (outputs - 1) * step + Math.min(taps, subKernelLimit)
  return {
    height: roundUp(needed(block.height, stride.height, kernel.height), array.microblock.height),
    width: roundUp(needed(block.width, stride.width, kernel.width), array.microblock.width),
    channels,
  }
}

/** Whether inputs and accumulators, each twice, fit the banks between the outputs' and the last ones. */
function fits(operation: Operation, output: Block, input: Block, accumulatorBits: 32 | 40, array: ArrayOf): boolean {
  const { bankGranules: granules, bankBytes } = array
  const { bits } = operation.input
  const banks = (bytes: number, granule: number) => roundUp(Math.ceil(bytes / bankBytes) * 2, granule)
  const inputGranule = bits === 8 ? granules.input8 : bits === 16 ? granules.input16 : granules.input32
  const inputBanks = banks(area(input) * roundUp((input.channels * bits) / 8, 8), inputGranule)
  const endBanks = Math.max(operation.tableBytes > 0 ? 2 : 0, array.endBanks)
  const free = array.sharedBufferBanks - endBanks - array.outputBanks
  if (operation.unit === 'elementwise') {
    const isBinary = operation.second === undefined || volume(operation.second.extent) > 1
    return inputBanks * (isBinary ? 2 : 1) <= free
  }
  const accumulatorGranule = accumulatorBits === 40 ? granules.accumulator40 : granules.accumulator32
  const accumulatorBanks = banks((area(output) * roundUp(output.channels, 8) * accumulatorBits) / 8, accumulatorGranule)
  return inputBanks + accumulatorBanks <= free
}

/** Inputs and weights fetched for each output element. */
function trafficPerOutput(
  { unit, kernel, output: { extent: output } }: Operation,
  input: Block,
  block: Block,
  needed: Block,
  whole: Block,
): number {
  if (unit === 'elementwise') return Math.max(volume(output) / volume(whole), 1)
  const across = Math.ceil(output.height / block.height) * Math.ceil(output.width / block.width)
  const isDepthwise = unit === 'depthwise'
  const kernelElements = unit === 'convolution' || isDepthwise ? area(kernel) : 0
  const depth = isDepthwise ? 1 : block.channels * (output.channels / block.channels)
  const weights = kernelElements * input.channels * across * depth
  const passes = Math.ceil(kernel.height / subKernelLimit) * Math.ceil(kernel.width / subKernelLimit)
  const fractional = (output.height / block.height) * (output.width / block.width)
  const deep = isDepthwise || unit === 'pool' ? 1 : Math.ceil(output.channels / block.channels)
  return (area(needed) * input.channels * passes * fractional * deep + weights) / volume(output)
}

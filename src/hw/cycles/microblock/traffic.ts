import type { Block, MicroblockTarget } from '../../target.js'
import { type BlockPlan, subKernelLimit } from './blocks.js'
import {
  area,
  type Operand,
  type Operation,
  roundUp,
  smaller,
  storedChannels,
  storedElements,
  volume,
} from './operation.js'
import { portOf } from './port.js'

/** Bytes an operation moves, bursts that are not filled counted whole. */
export interface Traffic {
  readonly sram: number
  readonly dram: number
}

/** How much longer a transfer takes than its bytes: a whole burst for each run of bytes that lie together. */
export function burstFactor(
  { extent, bits, home, layout }: Operand,
  block: Block,
  isRead: boolean,
  target: MicroblockTarget,
): number {
  const bytes = bits / 8
  const row = block.channels * block.width * bytes
  let run: number
  if (layout === 'bricks') {
    if (16 * bytes * extent.width === block.channels) run = row
    else run = 16 * bytes * block.width * (isRead ? 1 : target.array.cores)
  } else if (isRead) run = block.channels * bytes
  else run = Math.min(64, 16 * bytes * target.array.cores, block.channels * bytes)
  const burst = portOf(home, target).burstBytes
  return burst / Math.min(burst, Math.floor(run))
}

/** How often filters are read: once for each block of outputs across the plane, channels up to whole blocks. */
export function weightReads({ unit, output }: Operation, plan: BlockPlan): number {
  const block = smaller(output.extent, plan.output)
  const across = Math.ceil(output.extent.height / block.height) * Math.ceil(output.extent.width / block.width)
  if (unit === 'depthwise') return across
  return (across * roundUp(output.extent.channels, block.channels)) / output.extent.channels
}

/**
 * Feature maps and constant operands of an operation; filters apart. Each block of outputs fetches its inputs anew.
 * Source: the element accesses of Vela 3.10 (ethosu/vela/npu_performance.py).
 */
export function featureMapTraffic(operation: Operation, plan: BlockPlan, target: MicroblockTarget): Traffic {
  const { input, second, output } = operation
  const bytes = { sram: 0, dram: 0 }
  const add = (operand: Operand, elements: number, block: Block, isRead: boolean) => {
    bytes[operand.home] += (elements * operand.bits * burstFactor(operand, block, isRead, target)) / 8
  }
  add(output, storedElements(output.extent, output.layout), plan.output, false)
  if (operation.unit !== 'elementwise') {
    add(input, windowedReads(operation, plan), plan.input, true)
    if (second !== undefined) add(second, volume(second.extent) * weightReads(operation, plan), plan.input, true)
  } else {
    add(input, operandReads(input, operation), plan.input, true)
    if (second !== undefined) add(second, operandReads(second, operation), plan.input, true)
  }
  return bytes
}

function windowedReads({ unit, kernel, input, output }: Operation, plan: BlockPlan): number {
  const inputs = smaller(input.extent, plan.input)
  const outputs = smaller(output.extent, plan.output)
  const limit = unit === 'vector-product' ? 1 : subKernelLimit
  const passes = Math.ceil(kernel.width / limit) * Math.ceil(kernel.height / limit)
  const across = Math.ceil(output.extent.height / outputs.height) * Math.ceil(output.extent.width / outputs.width)
  const keepsDepth = unit === 'depthwise' || unit === 'pool'
  const deep = keepsDepth ? 1 : Math.ceil(output.extent.channels / outputs.channels)
  return area(inputs) * storedChannels(input.extent.channels, input.layout) * passes * across * deep
}

/** A smaller operand is repeated over the output; an 8-bit scalar travels in the command. */
function operandReads(operand: Operand, { input, output }: Operation): number {
  if (volume(operand.extent) === 1 && volume(output.extent) >= 1 && operand.bits === 8) return 0
  const extent = volume(operand.extent) === 1 ? operand.extent : output.extent
  return storedElements(extent, input.layout)
}

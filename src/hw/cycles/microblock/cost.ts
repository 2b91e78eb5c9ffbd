import type { KernelShape } from '../../shape.js'
import type { MicroblockTarget } from '../../target.js'
import type { KernelCost } from '../cost.js'
import { type BlockPlan, planBlocks } from './blocks.js'
import { lower } from './lowering.js'
import { macsOf, type Operation, stripeOf, volume } from './operation.js'
import type { MicroblockPlacement, WeightRoom } from './placement.js'
import { mapHome, portOf } from './port.js'
import { featureMapTraffic, weightReads } from './traffic.js'
import { planWeights, scaleBytes, transferCycles } from './weights.js'

/** Cycles of one operation by resource; the largest is the operation's time. */
export interface OperationCost {
  readonly operation: Operation
  readonly plan: BlockPlan
  /** Of the array, with the wait for filters and tables. */
  readonly npuCycles: number
  readonly sramCycles: number
  readonly dramCycles: number
  readonly cycles: number
  readonly sramBytes: number
  readonly dramBytes: number
  /** Filters, scales and biases as the lossless coder leaves them. */
  readonly compressedBytes: number
  /** SRAM that the filters take while the operation runs. */
  readonly bufferBytes: number
  /** Cycles at the end of the operation under which the next one's filters can be fetched. */
  readonly slackCycles: number
}

export interface MicroblockCost extends KernelCost {
  readonly operations: readonly OperationCost[]
}

/**
 * A kernel on its own: maps in bricks, filters fetched under a kernel as long as this one. Maps that do not fit an SRAM
 * which is all there is for them come in stripes that take half of it.
 */
export function lonePlacement(
  { inputBytes, outputBytes, outHeight }: KernelShape,
  target: MicroblockTarget,
  { dramInputBytes, dramOutputBytes }: { readonly dramInputBytes: number; readonly dramOutputBytes: number },
): MicroblockPlacement {
  const { sramBytes, weightCompression } = target.memory
  const mayLeave = mapHome(target) === 'dram'
  const place = (leaves: boolean) => ({ home: mayLeave && leaves ? 'dram' : 'sram', layout: 'bricks' }) as const
  const maps = mayLeave ? inputBytes - dramInputBytes + outputBytes - dramOutputBytes : inputBytes + outputBytes
  const isStriped = !mayLeave && maps > sramBytes
  return {
    input: place(dramInputBytes > 0),
    second: place(dramInputBytes > 0),
    output: place(dramOutputBytes > 0),
    slackCycles: undefined,
    freeSramBytes: isStriped ? sramBytes / 2 : Math.max(0, sramBytes - maps),
    stripeRows: isStriped ? Math.max(1, Math.floor((outHeight * sramBytes) / 2 / maps)) : undefined,
    bitsPerWeight: 8 * weightCompression,
  }
}

/**
 * Cycles of a kernel on an array of microblocks. Each operation takes as long as the slowest of the array, the SRAM
 * and the memory off chip. Source: Vela 3.10, Arm's compiler for the Ethos-U (ethosu/vela/npu_performance.py); the
 * vendor's estimate, not a measurement.
 */
export function microblockCost(
  shape: KernelShape,
  target: MicroblockTarget,
  placement: MicroblockPlacement,
): MicroblockCost {
  const { operations, repeats } = lower(shape, placement)
  const costs: OperationCost[] = []
  let { slackCycles } = placement
  for (const operation of operations) {
    if (volume(operation.output.extent) * volume(operation.input.extent) === 0) continue
    const cost = operationCost(operation, target, { ...placement, slackCycles })
    costs.push(cost)
    slackCycles = cost.slackCycles
  }
  const total = (of: (cost: OperationCost) => number) => costs.reduce((sum, cost) => sum + of(cost), 0) * repeats
  const busy = total((cost) => cost.cycles)
  const { cyclesPerKernel } = target.overhead
  const cycles = busy + cyclesPerKernel
  const computeCycles = total((cost) => cost.npuCycles)
  const memoryCycles = total((cost) => Math.max(cost.sramCycles, cost.dramCycles))
  const macs = operations.reduce((sum, operation) => sum + macsOf(operation), 0) * repeats
  const speed = target.precisions[shape.precision] ?? 1
  return {
    unit: macs > 0 ? 'array' : 'vector',
    cycles,
    computeCycles,
    memoryCycles,
    bound: cyclesPerKernel > busy ? 'overhead' : memoryCycles > computeCycles ? 'memory' : 'compute',
    utilisation: cycles === 0 ? 0 : macs / (cycles * target.array.macsPerCycle * speed),
    dramBytes: total((cost) => cost.dramBytes),
    sramBytes: total((cost) => cost.sramBytes),
    operations: costs,
  }
}

/** Cost of one operation; see `microblockCost`. */
export function operationCost(operation: Operation, target: MicroblockTarget, placement: WeightRoom): OperationCost {
  const { stripeRows } = placement
  const plan = planBlocks(stripeRows === undefined ? operation : stripeOf(operation, stripeRows), target)
  const weights = planWeights(operation, plan, placement, target)
  const maps = featureMapTraffic(operation, plan, target)
  // Filters that stay off chip are read there by every block that needs them; copies of them are in the wait.
  const direct = weights.home === 'dram' ? directBytes(operation, plan, weights.bytes) : 0
  const copied = weights.home === 'sram' ? weights.bytes : 0
  const { tableBytes } = operation
  const table = tableBytes === 0 ? 0 : Math.max(transferCycles(tableBytes, target) - weights.slackBefore, 0)
  const npuCycles = weights.cycles + table
  const sramCycles = maps.sram / portOf('sram', target).bytesPerCycle
  const dramCycles = (maps.dram + direct) / portOf('dram', target).bytesPerCycle
  return {
    operation,
    plan,
    npuCycles,
    sramCycles,
    dramCycles,
    cycles: Math.max(npuCycles, sramCycles, dramCycles),
    sramBytes: maps.sram + copied,
    dramBytes: maps.dram + direct + copied + tableBytes,
    compressedBytes: weights.bytes,
    bufferBytes: weights.bufferBytes,
    slackCycles: weights.slackAfter,
  }
}

/** Scales and biases are read once. */
function directBytes(operation: Operation, plan: BlockPlan, bytes: number): number {
  const scales = scaleBytes * operation.output.extent.channels
  return (bytes - scales) * weightReads(operation, plan) + scales
}

import type { Bound, KernelCost } from '../cycles.js'
import type { KernelShape } from '../shape.js'
import { type BlockPlan, planBlocks } from './microblock-block.js'
import { computeCycles } from './microblock-compute.js'
import { lower, type OperandPlaces } from './microblock-lowering.js'
import { area, macsOf, type Operation, volume } from './microblock-operation.js'
import type { MicroblockTarget } from './microblock-target.js'
import { featureMapTraffic, weightElementsRead } from './microblock-traffic.js'
import { defaultBitsPerWeight, planWeights, transferCycles } from './microblock-weights.js'

/** What a kernel's cost depends on beside its shape. */
export interface MicroblockPlacement extends OperandPlaces {
  /** Cycles of the kernel before under which filters and tables are fetched; undefined: as long as the kernel itself. */
  readonly slackCycles: number | undefined
  /** SRAM that holds no feature map while the kernel runs. */
  readonly freeSramBytes: number
  /** What the lossless coder makes of a weight. */
  readonly bitsPerWeight: number
}

/** Cycles of one operation by resource; the largest is the operation's time. */
export interface OperationCost {
  readonly operation: Operation
  readonly plan: BlockPlan
  /** Of the array, with the wait for filters and tables. */
  readonly npuCycles: number
  readonly sramCycles: number
  readonly externalCycles: number
  readonly cycles: number
  readonly sramBytes: number
  readonly externalBytes: number
  /** Filters, scales and biases as the lossless coder leaves them. */
  readonly compressedBytes: number
  /** Cycles at the end of the operation under which the next one's filters can be fetched. */
  readonly slackCycles: number
}

export interface MicroblockCost extends KernelCost {
  readonly operations: readonly OperationCost[]
  readonly slackCycles: number
}

/** In the SRAM, in bricks, after a kernel as long as this one. */
export const defaultPlacement = (shape: KernelShape, target: MicroblockTarget): MicroblockPlacement => {
  const place = { home: 'sram', layout: 'bricks' } as const
  return {
    input: place,
    second: place,
    output: place,
    slackCycles: undefined,
    freeSramBytes: Math.max(0, target.memory.sramBytes - shape.inputBytes - shape.outputBytes),
    bitsPerWeight: defaultBitsPerWeight,
  }
}

/**
 * Cycles of a kernel on an array of microblocks. Each operation takes as long as the slowest of the array, the SRAM
 * and the external memory. Source: Vela 3.10, Arm's compiler for the Ethos-U (ethosu/vela/npu_performance.py); an
 * estimate of the vendor's, not a measurement.
 */
export function microblockCost(
  shape: KernelShape,
  target: MicroblockTarget,
  placement: MicroblockPlacement = defaultPlacement(shape, target),
): MicroblockCost {
  const { operations, repeats } = lower(shape, placement)
  const costs: OperationCost[] = []
  let slackCycles = placement.slackCycles
  for (const operation of operations) {
    if (volume(operation.output.extent) === 0) continue
    const cost = operationCost(operation, target, { ...placement, slackCycles })
    costs.push(cost)
    slackCycles = cost.slackCycles
  }
  const total = (of: (cost: OperationCost) => number) => costs.reduce((sum, cost) => sum + of(cost), 0) * repeats
  const cycles = total((cost) => cost.cycles)
  const npuCycles = total((cost) => cost.npuCycles)
  const memoryCycles = total((cost) => Math.max(cost.sramCycles, cost.externalCycles))
  const macs = operations.reduce((sum, operation) => sum + macsOf(operation), 0) * repeats
  return {
    cycles,
    computeCycles: npuCycles,
    memoryCycles,
    bound: boundOf(npuCycles, memoryCycles),
    utilisation: cycles === 0 ? 0 : macs / (cycles * target.array.macsPerCycle),
    dramBytes: total((cost) => cost.externalBytes),
    sramBytes: total((cost) => cost.sramBytes),
    operations: costs,
    slackCycles: slackCycles ?? 0,
  }
}

const boundOf = (npuCycles: number, memoryCycles: number): Bound => (memoryCycles > npuCycles ? 'memory' : 'compute')

/** Cost of one operation; see `microblockCost`. */
export function operationCost(
  operation: Operation,
  target: MicroblockTarget,
  placement: Pick<MicroblockPlacement, 'slackCycles' | 'freeSramBytes' | 'bitsPerWeight'>,
): OperationCost {
  const { sram, external } = target.memory
  const plan = planBlocks(operation, target.array)
  const slack = placement.slackCycles ?? computeCycles(operation, plan, 'sram', target)
  const weights = planWeights(operation, plan, slack, placement.freeSramBytes, placement.bitsPerWeight, target)
  const maps = featureMapTraffic(operation, plan, target)
  let { external: externalBytes, sram: sramBytes } = maps
  let direct = 0
  if (weights.bytes > 0) {
    if (weights.home === 'external') {
      const elements = area(operation.kernel) * filterDepth(operation) * operation.output.extent.channels
      direct = (weights.bytes * weightElementsRead(operation, plan)) / elements
      externalBytes += direct
    } else {
      externalBytes += weights.bytes
      sramBytes += weights.bytes
    }
  }
  const table = operation.tableBytes === 0 ? 0 : Math.max(transferCycles(operation.tableBytes, target) - slack, 0)
  const npuCycles = weights.cycles + table
  // Copies of filters count as a wait of the array above, not again here.
  const sramCycles = maps.sram / sram.bytesPerCycle
  const externalCycles = (maps.external + direct) / external.bytesPerCycle
  return {
    operation,
    plan,
    npuCycles,
    sramCycles,
    externalCycles,
    cycles: Math.max(npuCycles, sramCycles, externalCycles),
    sramBytes,
    externalBytes: externalBytes + operation.tableBytes,
    compressedBytes: weights.bytes,
    slackCycles: weights.slackCycles,
  }
}

const filterDepth = ({ unit, input }: Operation): number => (unit === 'depthwise' ? 1 : input.extent.channels)

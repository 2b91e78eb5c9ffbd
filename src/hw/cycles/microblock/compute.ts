import type { Block, MicroblockTarget } from '../../target.js'
import { type BlockPlan, subKernelLimit } from './blocks.js'
import { area, hasWeights, type Operand, type Operation, smaller, storedElements, volume } from './operation.js'
import { type Home, portOf } from './port.js'
import { burstFactor } from './traffic.js'

/** Multiplying steps that start before the sums of the one before are there wait this long. */
const accumulatorDelay = (bits: 32 | 40, macsPerCore: number): number => (bits === 40 && macsPerCore <= 128 ? 3 : 2)

/**
 * Cycles of the array for an operation, memory aside: blocks one after the other, the slower of multiplying and output
 * each, and the faster one once at the end.
 * Source: the cycle estimate of Vela 3.10 (ethosu/vela/npu_performance.py).
 */
export function computeCycles(
  operation: Operation,
  plan: BlockPlan,
  weightHome: Home,
  target: MicroblockTarget,
): number {
  const { output } = operation
  if (volume(output.extent) === 0) return 0
  if (operation.unit === 'elementwise') {
    const elements = volume(plan.output)
    const perElement = outputCyclesPerElement(operation, plan, target)
    const issue = (blockTransferCycles(operation, plan, target) + perElement * elements) / 4
    return Math.ceil(Math.max(perElement, issue / elements) * storedElements(output.extent, output.layout))
  }
  return Math.floor(blockedCycles(operation, plan, weightHome, target))
}

function blockedCycles(operation: Operation, plan: BlockPlan, weightHome: Home, target: MicroblockTarget): number {
  const { array } = target
  const { extent: output } = operation.output
  let microblock: Block = array.microblock
  let block = smaller(output, plan.output)
  // Rows of even width use a flat microblock: two rows high would waste half of it.
  if (microblock.height === 2 && isFlat(operation)) {
    microblock = { height: 1, width: 4, channels: microblock.channels }
    block = { ...block, height: 1 }
  }
  let multiplying = multiplyingCycles(operation, plan, block, microblock, target) / array.cores
  let emitting = Math.ceil(outputCyclesPerElement(operation, plan, target) * volume(block))
  if (hasWeights(operation)) {
    // Scales and biases of the block, 10 bytes a channel, come from where the weights are read.
    emitting = Math.max(emitting, (10 * block.channels * portOf(weightHome, target).readLatencyCycles) / 256)
  }
  // Four blocks are on their way at a time: none can be faster than a quarter of its whole way.
  const issue = (blockTransferCycles(operation, plan, target) + emitting + multiplying) / 4
  multiplying = Math.max(multiplying, issue)
  emitting = Math.max(emitting, issue)
  const blocks =
    Math.ceil(output.height / block.height) *
    Math.ceil(output.width / block.width) *
    Math.ceil(output.channels / block.channels)
  return Math.max(multiplying, emitting) * blocks + Math.min(multiplying, emitting)
}

function isFlat({ unit, output: { extent }, kernel }: Operation): boolean {
  const isDense = unit === 'convolution' || unit === 'depthwise' || unit === 'vector-product'
  return isDense && extent.height === 1 && extent.width % 2 === 0 && kernel.height === 1
}

/** Cycles of one core's multipliers for one block of outputs. */
function multiplyingCycles(
  operation: Operation,
  plan: BlockPlan,
  block: Block,
  microblock: Block,
  { array }: MicroblockTarget,
): number {
  const { unit, input } = operation
  const inputDepth = Math.min(input.extent.channels, plan.input.channels)
  const steps = area({
    height: Math.ceil(block.height / microblock.height),
    width: Math.ceil(block.width / microblock.width),
  })
  const stepsDeep = Math.ceil(block.channels / microblock.channels)
  // Weights of a step take this long to decode, however few outputs they are used for.
  const perStep = Math.max(
    (32 * microblock.channels) / 8,
    4 * steps * (unit === 'depthwise' && input.bits === 16 ? 2 : 1),
  )
  const delay = accumulatorDelay(plan.accumulatorBits, array.macsPerCycle / array.cores)
  let cycles = 0
  for (const elements of subKernels(operation)) {
    let kernelSteps: number
    let times = 1
    if (unit === 'pool') {
      kernelSteps = 1
      cycles += Math.max(4, elements) * steps * stepsDeep * (input.bits === 16 ? 2 : 1)
    } else {
      kernelSteps = elements
      if (unit === 'depthwise') kernelSteps = Math.ceil(elements / 4)
      else if (unit === 'convolution' && plan.isPartKernel) {
        kernelSteps = Math.ceil(elements / (input.bits === 16 ? 2 : 4))
        times = Math.ceil(inputDepth / array.dotProductDepth)
      }
      cycles += perStep * kernelSteps * times * stepsDeep
    }
    if (steps === 1) cycles += delay * times * (stepsDeep === 1 ? kernelSteps : (kernelSteps - 1) * stepsDeep)
  }
  const isDense = unit === 'convolution' || unit === 'vector-product' || unit === 'reduce-sum'
  return isDense ? cycles * Math.ceil(input.extent.channels / inputDepth) : cycles
}

/** Elements of the passes a kernel is cut into. */
function* subKernels({ unit, kernel }: Operation): Generator<number> {
  const limit = unit === 'vector-product' ? 1 : subKernelLimit
  for (let y = 0; y < kernel.height; y += limit) {
    for (let x = 0; x < kernel.width; x += limit) {
      yield Math.min(kernel.height - y, limit) * Math.min(kernel.width - x, limit)
    }
  }
}

function outputCyclesPerElement(operation: Operation, plan: BlockPlan, { array }: MicroblockTarget): number {
  const cycles = array.outputCyclesPerElement
  return Math.max(cycles[outputMaker(operation, plan)], operation.tableBytes > 0 ? cycles.tableActivation : 0)
}

function outputMaker(
  { unit, arithmetic, input, second, output }: Operation,
  { accumulatorBits }: BlockPlan,
): keyof MicroblockTarget['array']['outputCyclesPerElement'] {
  if (unit === 'elementwise' && input.bits === 32) return second === undefined ? 'unary32' : 'binary32'
  if (arithmetic === 'multiply') return output.bits === 32 ? 'multiplyTo32' : 'multiply'
  if (unit !== 'elementwise' && accumulatorBits === 40) return 'multiply'
  if (arithmetic === 'add') return 'add'
  return arithmetic === 'max' ? 'maxPool' : 'other'
}

/** Latency and transfer of one block's inputs and outputs. */
function blockTransferCycles({ input, output }: Operation, plan: BlockPlan, target: MicroblockTarget): number {
  const transfer = (operand: Operand, block: Block, isRead: boolean) => {
    const port = portOf(operand.home, target)
    const elements = volume(smaller(operand.extent, block))
    const latency = isRead ? port.readLatencyCycles : port.writeLatencyCycles
    return latency + (elements * burstFactor(operand, block, isRead, target)) / port.bytesPerCycle
  }
  return transfer(input, plan.input, true) + transfer(output, plan.output, false)
}

import type { KernelShape } from '../shape.js'
import type { SystolicTarget } from '../target.js'
import { costOf, type KernelCost, type Placement } from './cost.js'
import { mappingOf } from './mapping.js'
import { arrayTraffic } from './tiling.js'
import { vectorCost } from './vector.js'

/** A product of matrices, [m, k] x [k, n]: of a convolution m output positions, n filters, k elements of the window. */
export interface Gemm {
  readonly m: number
  readonly n: number
  readonly k: number
}

export interface SystolicRun {
  /** Index of the last cycle, counted from 0, without stalls. */
  readonly cycles: number
  /** Useful MACs over multipliers x cycles. */
  readonly utilisation: number
  /** Part of the array that holds operands, on average over the folds. */
  readonly mappingEfficiency: number
}

/** A kernel on an array of rows x columns that pass operands on. Folds do not overlap. */
export function systolicCost(shape: KernelShape, target: SystolicTarget, placement: Placement): KernelCost {
  const speed = target.precisions[shape.precision] ?? 1
  const { rows, columns } = target.array
  const peakMacs = rows * columns * speed
  const mapping = mappingOf(shape)
  if (mapping === undefined) return vectorCost(shape, target, placement, peakMacs)
  const { gemm, count } = gemmsOf(shape)!
  const computeCycles = runGemms(gemm, count, target.array).cycles / speed
  const traffic = arrayTraffic(shape, mapping, placement, target)
  return costOf({ unit: 'array', computeCycles, peakMacs }, shape, traffic, target)
}

/** The products a kernel consists of, all alike: one for each group, and for each matrix of a batch of activations. */
export function gemmsOf(shape: KernelShape): { readonly gemm: Gemm; readonly count: number } | undefined {
  const mapping = mappingOf(shape)
  if (mapping === undefined) return undefined
  const { positions, taps, groups, inChannels, outChannels } = mapping
  if (shape.kind === 'transposed-convolution') {
    return { gemm: { m: positions, n: outChannels * taps, k: inChannels }, count: groups }
  }
  const isBatch = shape.kind === 'matmul' && shape.weightBytes === 0
  const count = groups * (isBatch ? shape.batch : 1)
  return { gemm: { m: isBatch ? positions / shape.batch : positions, n: outChannels, k: inChannels * taps }, count }
}

/**
 * Stall-free run of one product, as SCALE-Sim counts (Samajdar et al., A systematic methodology for characterizing
 * scalability of DNN accelerators using SCALE-Sim, ISPASS 2020). With Sr x Sc the operand laid over the array and T what
 * is streamed through it, (K, N, M) weight-, (M, N, K) output-, (K, M, N) input-stationary, there are
 * ceil(Sr / R) ceil(Sc / C) folds. Each takes T + R + C - 2 cycles for the stream and its skew, and R more where an
 * operand has to be loaded first; results of an output-stationary fold leave under the next.
 */
export const systolicRun = (gemm: Gemm, array: SystolicTarget['array']): SystolicRun => runGemms(gemm, 1, array)

function runGemms(gemm: Gemm, count: number, array: SystolicTarget['array']): SystolicRun {
  const { rows, columns, dataflow } = array
  const [overRows, overColumns, streamed] = laidOut(gemm, dataflow)
  // Blocks on the diagonal: each group needs rows and columns of its own.
  const side = Math.min(Math.floor(rows / overRows), Math.floor(columns / overColumns))
  const packed = array.packsGroups === true ? Math.max(1, Math.min(count, side)) : 1
  const runs = Math.ceil(count / packed)
  const rowFolds = Math.ceil(overRows / rows)
  const columnFolds = Math.ceil(overColumns / columns)
  const loading = dataflow === 'output-stationary' ? 0 : rows
  const fold = streamed + loading + rows + columns - 2
  const cycles = runs * rowFolds * columnFolds * fold - 1
  return {
    cycles,
    utilisation: (count * gemm.m * gemm.n * gemm.k) / (cycles * rows * columns),
    mappingEfficiency: (count / runs) * (overRows / (rowFolds * rows)) * (overColumns / (columnFolds * columns)),
  }
}

function laidOut(
  { m, n, k }: Gemm,
  dataflow: SystolicTarget['array']['dataflow'],
): readonly [overRows: number, overColumns: number, streamed: number] {
  switch (dataflow) {
    case 'weight-stationary':
      return [k, n, m]
    case 'output-stationary':
      return [m, n, k]
    case 'input-stationary':
      return [k, m, n]
  }
}

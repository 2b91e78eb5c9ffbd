import { fedInputs } from '../../accuracy/input/sample-input.js'
import { bindDim } from '../../ir/dim.js'
import { isFloat } from '../../ir/dtype.js'
import type { Model, Value } from '../../ir/graph.js'
import type { Patch } from '../../ir/patch.js'
import { volume } from '../../ir/tensor.js'
import { dimsOf, dtypeOf, tensorType } from '../../ir/type.js'

/** Numbers for the sizes of a model's inputs that are none. */
export interface InputSizes {
  /** Of the leading axis of every input. */
  readonly batch: number
  /** Of other axes, by symbol. */
  readonly symbols: ReadonlyMap<string, number>
}

/** Sizes of an input of so many samples; a symbol that nobody binds is 1. */
export function sizesOf(input: Value, { batch, symbols }: InputSizes): number[] {
  return (dimsOf(input.type) ?? []).map((dim, axis) => {
    const bound = axis === 0 ? batch : bindDim(dim, symbols)
    return typeof bound === 'number' ? bound : 1
  })
}

/** Declares the inputs of a patch's model to be of those sizes. */
export function bindInputs(patch: Patch, sizes: InputSizes): void {
  for (const input of fedInputs(patch.model)) {
    const dtype = dtypeOf(input.type)
    if (dtype !== undefined) patch.declareType(input, tensorType(dtype, sizesOf(input, sizes)))
  }
}

/** Elements of all inputs of a batch that is neither too small to say anything nor too large for memory. */
const batchElements = 1 << 19
const [leastBatch, mostBatch] = [8, 32] as const

/** Samples of one forward pass: 32 of 64 x 64 images, 8 of 224 x 224 ones. */
export function usualBatch(model: Model, symbols: ReadonlyMap<string, number>): number {
  const inputs = fedInputs(model).filter(({ type }) => isFloat(dtypeOf(type) ?? 'float32'))
  const elements = inputs.reduce((sum, input) => sum + volume(sizesOf(input, { batch: 1, symbols })), 0)
  return Math.max(leastBatch, Math.min(mostBatch, Math.floor(batchElements / Math.max(1, elements))))
}

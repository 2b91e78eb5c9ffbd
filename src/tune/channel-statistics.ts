import type { Value } from '../ir/graph.js'
import { attr, type Patch } from '../ir/patch.js'
import { Tensor } from '../ir/tensor.js'
import { dimsOf } from '../ir/type.js'
import type { RowLayout } from './feature-rows.js'

/** Of every channel of a value, over samples and places. */
export interface ChannelStatistics {
  readonly mean: Float64Array
  readonly variance: Float64Array
}

/** Values of a graph that give the statistics of another one, as a run of a batch has them: [1, ..., channels, ..., 1]. */
export interface StatisticsProbe {
  readonly mean: Value
  readonly variance: Value
  /** The value less its mean. */
  readonly centred: Value
}

/** Where channels are: axis 1, or the last. */
export const channelAxis = (value: Value, layout: RowLayout): number =>
  layout === 'channels-first' ? 1 : (dimsOf(value.type)?.length ?? 0) - 1

/** Adds nodes that find the statistics of a computed value; whatever else reads the value is as it was. */
export function probeStatistics(patch: Patch, value: Value, axis: number): StatisticsProbe {
  const after = placer(patch, value)
  const rank = dimsOf(value.type)!.length
  const axes = Array.from({ length: rank }, (_, at) => at).filter((at) => at !== axis)
  const asInput = patch.canUse(value.graph, 'ReduceMean', 18)
  const mean = (of: Value) =>
    asInput
      ? after('ReduceMean', [of, patch.constant(value.graph, Tensor.int64(axes), 'axes')])
      : after('ReduceMean', [of], { axes: attr.ints(axes) })
  const center = mean(value)
  const centred = after('Sub', [value, center])
  return { mean: center, variance: mean(after('Mul', [centred, centred])), centred }
}

/** Puts nodes one behind the other, from the one that computes a value on. */
export function placer(patch: Patch, value: Value) {
  let last = value.producer!
  return (opType: string, inputs: readonly Value[], attributes = {}): Value => {
    last = patch.insertAfter(last, { opType, inputs, attributes, name: value.name, from: [] })
    return last.outputs[0]!
  }
}

/** Statistics of batches of equal size as those of all together. */
export class StatisticsSum {
  #mean: Float64Array | undefined
  #power: Float64Array | undefined
  #batches = 0

  add(mean: ArrayLike<number>, variance: ArrayLike<number>): void {
    this.#mean ??= new Float64Array(mean.length)
    this.#power ??= new Float64Array(mean.length)
    for (let channel = 0; channel < mean.length; channel++) {
      this.#mean[channel]! += mean[channel]!
      this.#power[channel]! += variance[channel]! + mean[channel]! ** 2
    }
    this.#batches += 1
  }

  statistics(): ChannelStatistics {
    const mean = this.#mean!.map((sum) => sum / this.#batches)
    const variance = this.#power!.map((sum, channel) => Math.max(0, sum / this.#batches - mean[channel]! ** 2))
    return { mean, variance }
  }
}

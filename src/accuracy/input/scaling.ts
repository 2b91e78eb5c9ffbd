import type { DType } from '../../ir/dtype.js'
import { UserError } from '../../ir/errors.js'
import type { TypedArray } from '../../ir/tensor.js'
import { castNumbers } from './cast.js'

/** y = (x / divisor - mean) / deviation; a list has one number a channel, in the order the model sees them. */
export interface Scaling {
  readonly divisor?: number | readonly number[]
  readonly mean?: number | readonly number[]
  readonly deviation?: number | readonly number[]
}

/** What common training recipes do to pixels of 0 to 255. */
export const scalingPresets = {
  /** Mean and deviation of ImageNet's pixels, as in torchvision. */
  imagenet: { divisor: 255, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
  /** -1 to 1, as in TensorFlow's MobileNets. */
  tensorflow: { divisor: 127.5, mean: 1 },
  /** 0 to 1. */
  unit: { divisor: 255 },
  none: {},
} as const satisfies Record<string, Scaling>

export type ScalingPreset = keyof typeof scalingPresets

export const isScalingPreset = (name: string): name is ScalingPreset => Object.hasOwn(scalingPresets, name)

export const toScaling = (scaling: ScalingPreset | Scaling): Scaling =>
  typeof scaling === 'string' ? scalingPresets[scaling] : scaling

/** What becomes of a number in a channel. Throws UserError `usage` where a list has another length than there are channels. */
export function scaler({ divisor = 1, mean = 0, deviation = 1 }: Scaling, channels: number) {
  const each = (figure: number | readonly number[], name: string): readonly number[] => {
    const list = typeof figure === 'number' ? new Array<number>(channels).fill(figure) : figure
    if (list.length === channels) return list
    const what = `${list.length} numbers for ${channels} channels`
    throw new UserError('invalid-data', `/scaling/${name}`, what, 'give one number, or one for each channel')
  }
  const [divisors, means, deviations] = [each(divisor, 'divisor'), each(mean, 'mean'), each(deviation, 'deviation')]
  return (value: number, channel: number) => (value / divisors[channel]! - means[channel]!) / deviations[channel]!
}

/** For each channel what the bytes 0 to 255 become in the input's dtype. */
export function byteTables(scaling: Scaling, channels: number, dtype: DType): TypedArray[] {
  const scale = scaler(scaling, channels)
  return Array.from({ length: channels }, (_, channel) =>
    castNumbers(
      dtype,
      Float64Array.from({ length: 256 }, (_, byte) => scale(byte, channel)),
    ),
  )
}

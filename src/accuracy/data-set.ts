import type { Tensor } from '../ir/tensor.js'
import type { Box, Size } from './geometry.js'

/** Samples for one model: its inputs as it wants them, read when asked for, and what is known of the right answers. */
export interface DataSet {
  /** For messages: file or folder. */
  readonly source: string
  readonly count: number
  /** For messages: what one sample is called; absent: its index says enough. */
  nameOf?(sample: number): string
  /** More samples than this do not go into one batch (they differ in size, or other inputs are said for one); absent: any number. */
  readonly batchLimit?: number | undefined
  /** Height and width of the images that the model gets; undefined: they keep their own size, or are no images. */
  readonly imageSize?: Size | undefined
  /** Inputs by name for those samples, in that order, joined along axis 0. */
  batch(samples: readonly number[]): Promise<Map<string, Tensor>>
  /** Same samples, same answers; undefined: no labels were given. */
  readonly labels?: Labels | undefined
  /** A digest of each sample's content as stored, before preprocessing: equal content is the same sample wherever it lies. */
  digests(): Promise<readonly string[]>
}

/** What the samples of a data set are known to be. */
export type Labels =
  /** Class index per sample. */
  | { readonly kind: 'classes'; readonly classes: Int32Array }
  /** Class index per pixel, [count, height, width] row-major; `ignored` (and anything not below the number of classes) does not count. */
  | {
      readonly kind: 'masks'
      readonly height: number
      readonly width: number
      readonly masks: Uint8Array
      readonly ignored?: number
    }
  /** Boxes per sample in pixels of the model's input, and their classes. */
  | {
      readonly kind: 'boxes'
      readonly boxes: readonly (readonly {
        readonly box: Box
        readonly class: number
      }[])[]
    }

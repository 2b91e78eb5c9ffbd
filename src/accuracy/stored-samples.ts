import type { Tensor } from '../ir/tensor.js'
import type { Audio } from './files/audio-file.js'
import type { Size } from './geometry.js'
import type { Image } from './input/image.js'

/** What a sample can be, as it is stored and decoded, before anything fits it to a model. */
export interface StoredContent {
  readonly image: Image
  readonly audio: Audio
  /** A row of an array. */
  readonly array: Tensor
  /** One array for each input of the model, by name. */
  readonly inputs: ReadonlyMap<string, Tensor>
}

export type StoredKind = keyof StoredContent

interface SamplesOf<Kind extends StoredKind> {
  /** For messages: file or folder. */
  readonly source: string
  readonly kind: Kind
  readonly count: number
  /** For messages: what one sample is called. */
  nameOf(sample: number): string
  read(samples: readonly number[]): Promise<readonly StoredContent[Kind][]>
  /** Sizes of images, without decoding them; undefined where samples are no images. */
  imageSizes?(): Promise<readonly Size[]>
}

/** What lies in a file or folder, one sample after the other, decoded when asked for. */
export type StoredSamples = { readonly [Kind in StoredKind]: SamplesOf<Kind> }[StoredKind]

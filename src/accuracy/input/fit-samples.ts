import { UserError } from '../../ir/errors.js'
import type { Model, Value } from '../../ir/graph.js'
import { Tensor } from '../../ir/tensor.js'
import { dimsOf, typeText } from '../../ir/type.js'
import type { Size } from '../geometry.js'
import type { StoredSamples } from '../stored-samples.js'
import { arrayBatch, arrayInput } from './array-input.js'
import { audioBatch, timeAxis } from './audio-input.js'
import { type ChannelPlace, channelPlace, imageOf } from './image.js'
import { type ImageInput, imageBatch, imageInput, requireScaling } from './image-input.js'
import type { Preprocess } from './preprocess.js'
import { constantInput, fedInputs, sampleInput } from './sample-input.js'

/** Stored samples as inputs of a model. */
export interface FittedSamples {
  /** Inputs by name for those samples, joined along axis 0. */
  batch(samples: readonly number[]): Promise<Map<string, Tensor>>
  /** More samples than this do not go into one batch. */
  readonly batchLimit: number
  /** Of the images that the model gets; undefined: they keep their own size, or are no images. */
  readonly imageSize?: Size
}

type Of<Kind> = Extract<StoredSamples, { readonly kind: Kind }>

/**
 * How the samples of a set become inputs of the model; of an array one sample is read to see what it is. Throws UserError
 * `invalid-data` where they do not fit, or where something that the model was trained with is not said.
 */
export async function fitSamples(stored: StoredSamples, model: Model, preprocess: Preprocess): Promise<FittedSamples> {
  if (stored.kind === 'inputs') return completeInputs(stored, model, preprocess)
  const { input, others } = sampleInput(model, preprocess)
  const only = await fitOne(stored, input, preprocess)
  if (others.size === 0) return only
  // What the other inputs hold is said for one sample.
  return { ...only, batch: async (samples) => new Map([...(await only.batch(samples)), ...others]), batchLimit: 1 }
}

async function fitOne(
  stored: Of<'image'> | Of<'audio'> | Of<'array'>,
  input: Value,
  preprocess: Preprocess,
): Promise<FittedSamples> {
  const { source } = stored
  const fitted = (make: (samples: readonly number[]) => Promise<Tensor>, batchLimit = Number.POSITIVE_INFINITY) => ({
    batch: async (samples: readonly number[]) => new Map([[input.name, await make(samples)]]),
    batchLimit,
  })
  const image = imageInput(input, preprocess)
  switch (stored.kind) {
    case 'image':
      if (image === undefined) throw noImages(input, source)
      requireScaling(image, preprocess, source)
      return {
        ...fitted(
          async (samples) => imageBatch(await stored.read(samples), image, preprocess, source),
          // Files may differ in size.
          image.height === undefined || image.width === undefined ? 1 : undefined,
        ),
        ...fixedSize(image),
      }
    case 'audio': {
      const isOpen =
        typeof dimsOf(input.type)?.[timeAxis(input, source)] !== 'number' && preprocess.length === undefined
      return fitted(
        async (samples) => audioBatch(await stored.read(samples), input, preprocess, source),
        isOpen ? 1 : undefined,
      )
    }
    case 'array': {
      const [row] = await stored.read([0])
      const place = channelPlace(row!.dims)
      if (image !== undefined && place !== undefined && takesPixels(image, row!, place, preprocess)) {
        const make = async (samples: readonly number[]) => {
          const images = (await stored.read(samples)).map((tensor) => imageOf(tensor, place))
          return imageBatch(images, image, preprocess, source)
        }
        return { ...fitted(make), ...fixedSize(image) }
      }
      const plan = arrayInput(row!, input, preprocess, source)
      return {
        ...fitted(async (samples) => arrayBatch(await stored.read(samples), plan, preprocess, source)),
        ...(image !== undefined && fixedSize(image)),
      }
    }
  }
}

/** Bytes of the input's size, or of another that may be fitted because somebody said how. */
function takesPixels({ height, width }: ImageInput, row: Tensor, place: ChannelPlace, { fit }: Preprocess): boolean {
  const [rows, columns] = row.dims.slice(place === 'first' ? 1 : 0)
  const isOfSize = (height ?? rows) === rows && (width ?? columns) === columns
  return row.dtype === 'uint8' && (fit !== undefined || isOfSize)
}

const fixedSize = ({ height, width }: ImageInput): { readonly imageSize?: Size } =>
  height === undefined || width === undefined ? {} : { imageSize: { height, width } }

const noImages = (input: Value, source: string) =>
  new UserError(
    'invalid-data',
    input.name,
    `${typeText(input.type)} takes no images`,
    'compute what it takes and save it as .npy',
    source,
  )

/** Samples that are sets of inputs already; what they leave out comes from `others`. */
function completeInputs(stored: Of<'inputs'>, model: Model, preprocess: Preprocess): FittedSamples {
  return {
    async batch(samples) {
      const sets = await stored.read(samples)
      return new Map(
        fedInputs(model).map((input) => {
          const parts = sets.flatMap((tensors) => tensors.get(input.name) ?? [])
          return [input.name, parts.length > 0 ? joined(parts) : constantInput(input, preprocess.others?.[input.name])]
        }),
      )
    },
    batchLimit: 1,
  }
}

/** Along axis 0; a scalar is the same for all. */
export function joined(parts: readonly Tensor[]): Tensor {
  const [first] = parts
  if (parts.length === 1 || first!.rank === 0) return first!
  const rows = parts.reduce((sum, { dims }) => sum + dims[0]!, 0)
  const bytes = Buffer.concat(parts.map((part) => part.bytes()))
  return Tensor.fromBytes(first!.dtype, [rows, ...first!.dims.slice(1)], bytes)
}

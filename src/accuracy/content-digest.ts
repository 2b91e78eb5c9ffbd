import { createHash } from 'node:crypto'
import { Tensor } from '../ir/tensor.js'
import type { Audio } from './files/audio-file.js'
import { channelPlace, type Image, imageOf, withChannels } from './input/image.js'
import type { StoredSamples } from './stored-samples.js'

/** Samples that are decoded at a time. */
const chunk = 64

/**
 * A digest of what each sample shows, not of how it is stored: equal pixels give equal digests in a PNG, in a row of bytes or
 * of floats, with channels first or last, gray or as three equal channels.
 */
export async function digestSamples(stored: StoredSamples): Promise<string[]> {
  const digests: string[] = []
  for (let first = 0; first < stored.count; first += chunk) {
    const samples = Array.from({ length: Math.min(chunk, stored.count - first) }, (_, i) => first + i)
    digests.push(...(await digestSome(stored, samples)))
  }
  return digests
}

async function digestSome(stored: StoredSamples, samples: readonly number[]): Promise<string[]> {
  switch (stored.kind) {
    case 'image':
      return (await stored.read(samples)).map(digestImage)
    case 'audio':
      return (await stored.read(samples)).map(digestAudio)
    case 'array':
      return (await stored.read(samples)).map(digestArray)
    case 'inputs':
      return (await stored.read(samples)).map((tensors) =>
        tensors.size === 1 ? digestArray(withoutBatch([...tensors.values()][0]!)) : digestInputs(tensors),
      )
  }
}

const digestOf = (head: string, ...parts: readonly Uint8Array[]): string => {
  const hash = createHash('sha256').update(head)
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

function digestImage(image: Image): string {
  const { height, width, pixels } = withChannels(image, 3)
  return digestOf(`image ${height}x${width}`, pixels)
}

function digestAudio({ sampleRate, samples }: Audio): string {
  return digestOf(`audio ${sampleRate}`, new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
}

function digestArray(tensor: Tensor): string {
  const place = channelPlace(tensor.dims)
  const pixels = place === undefined ? undefined : asBytes(tensor)
  if (place !== undefined && pixels !== undefined) return digestImage(imageOf(pixels, place))
  const values = Float64Array.from(tensor.numbers())
  return digestOf(`array ${tensor.dims}`, new Uint8Array(values.buffer))
}

function digestInputs(tensors: ReadonlyMap<string, Tensor>): string {
  const names = [...tensors.keys()].sort()
  return digestOf(JSON.stringify(names), Buffer.from(names.map((name) => digestArray(tensors.get(name)!)).join()))
}

/** Whole numbers of 0 to 255 as bytes; undefined: there are others. */
function asBytes(tensor: Tensor): Tensor | undefined {
  if (tensor.dtype === 'uint8') return tensor
  const numbers = tensor.numbers()
  const bytes = Uint8Array.from(numbers)
  return bytes.every((byte, at) => byte === numbers[at]) ? Tensor.fromBytes('uint8', tensor.dims, bytes) : undefined
}

const withoutBatch = (tensor: Tensor): Tensor =>
  tensor.rank > 1 && tensor.dims[0] === 1 ? tensor.reshaped(tensor.dims.slice(1)) : tensor

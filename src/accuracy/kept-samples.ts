import { open } from 'node:fs/promises'
import type { DType } from '../ir/dtype.js'
import { Tensor } from '../ir/tensor.js'
import type { DataSet } from './data-set.js'
import { joined } from './input/fit-samples.js'

/**
 * Samples as a model takes them, in one file: what is run many times is decoded and fitted once. Plain data, so that other
 * processes can read them too.
 */
export interface KeptSamples extends Pick<DataSet, 'source' | 'count' | 'batchLimit' | 'imageSize' | 'labels'> {
  readonly file: string
  readonly names: readonly string[]
  readonly digests: readonly string[]
  readonly samples: readonly KeptSample[]
  /** Inputs that are the same for any number of samples. */
  readonly shared: readonly string[]
}

/** Where a sample lies in the file, its inputs one behind the other. */
interface KeptSample {
  readonly offset: number
  readonly inputs: readonly {
    readonly name: string
    readonly dtype: DType
    readonly dims: readonly number[]
    readonly bytes: number
  }[]
}

/** Samples that are decoded at a time. */
const chunk = 16

/** Writes what the model takes for every sample into a file of that name. */
export async function keepSamples(data: DataSet, file: string): Promise<KeptSamples> {
  const { source, count, batchLimit, imageSize, labels } = data
  const samples: KeptSample[] = []
  const handle = await open(file, 'wx')
  let end = 0
  try {
    for (let first = 0; first < count; first += chunk) {
      const some = Array.from({ length: Math.min(chunk, count - first) }, (_, i) => data.batch([first + i]))
      for (const tensors of await Promise.all(some)) {
        const inputs = [...tensors].map(([name, { dtype, dims, byteLength: bytes }]) => ({ name, dtype, dims, bytes }))
        const content = Buffer.concat([...tensors.values()].map((tensor) => tensor.bytes()))
        samples.push({ offset: end, inputs })
        await handle.writeFile(content)
        end += content.byteLength
      }
    }
  } finally {
    await handle.close()
  }
  return {
    source,
    count,
    batchLimit,
    imageSize,
    labels,
    file,
    names: samples.map((_, at) => data.nameOf?.(at) ?? `[${at}]`),
    digests: await data.digests(),
    samples,
    shared: samples.length === 0 ? [] : await sharedInputs(data),
  }
}

/** Of several inputs those that a batch of two has as one of one. */
async function sharedInputs(data: DataSet): Promise<string[]> {
  const one = await data.batch([0])
  if (one.size === 1) return []
  const two = await data.batch([0, 0])
  return [...one].flatMap(([name, { byteLength }]) => (two.get(name)!.byteLength === byteLength ? [name] : []))
}

/** The set that was kept: to the bit what it was. The file has to stay. */
export function openKept(kept: KeptSamples): DataSet {
  const { source, count, batchLimit, imageSize, labels, names, digests, file } = kept
  const shared = new Set(kept.shared)
  return {
    source,
    count,
    batchLimit,
    imageSize,
    labels,
    nameOf: (sample) => names[sample]!,
    digests: async () => digests,
    async batch(wanted) {
      const read = await readAll(
        file,
        wanted.map((sample) => kept.samples[sample]!),
      )
      return new Map(
        [...read[0]!].map(([name, first]) => [
          name,
          shared.has(name) ? first : joined(read.map((tensors) => tensors.get(name)!)),
        ]),
      )
    },
  }
}

async function readAll(file: string, samples: readonly KeptSample[]): Promise<Map<string, Tensor>[]> {
  const handle = await open(file)
  try {
    const read: Map<string, Tensor>[] = []
    for (const { offset, inputs } of samples) {
      const size = inputs.reduce((sum, { bytes }) => sum + bytes, 0)
      const content = new Uint8Array(size)
      await handle.read(content, 0, size, offset)
      let at = 0
      const tensors = new Map<string, Tensor>()
      for (const { name, dtype, dims, bytes } of inputs) {
        tensors.set(name, Tensor.fromBytes(dtype, dims, content.slice(at, at + bytes)))
        at += bytes
      }
      read.push(tensors)
    }
    return read
  } finally {
    await handle.close()
  }
}

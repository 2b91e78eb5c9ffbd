import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync, zipSync } from 'fflate'
import { dump, type TypedArray } from 'npyjs'
import sharp from 'sharp'
import wavefile from 'wavefile'
import { buildModel, type GraphBuilder } from '../../src/ir/build.js'
import type { DType } from '../../src/ir/dtype.js'
import type { Model } from '../../src/ir/graph.js'

/** Files of samples as other programs write them, and small models that take them. */

export const folder = (): string => mkdtempSync(join(tmpdir(), 'samples-'))

export function write(file: string, content: Uint8Array | string): string {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  return file
}

export const npy = (array: TypedArray, ...dims: number[]): Uint8Array => new Uint8Array(dump(array, dims))

/** `x.npy` in a folder of its own. */
export const npyFile = (array: TypedArray, ...dims: number[]): string =>
  write(join(folder(), 'x.npy'), npy(array, ...dims))

export const gzip = (bytes: Uint8Array): Uint8Array => gzipSync(bytes)

export const npz = (arrays: Record<string, Uint8Array>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes])))

/** Pixels [height, width, channels] as a PNG: nothing is lost. */
export const png = (pixels: Uint8Array, height: number, width: number, channels: 1 | 3): Promise<Buffer> =>
  sharp(pixels, { raw: { height, width, channels } }).png().toBuffer()

/** Samples of -1 to 1, by channel, as 32-bit floats. */
export function wav(channels: readonly (readonly number[])[], sampleRate = 16_000): Uint8Array {
  const file = new wavefile.WaveFile()
  const samples = channels.length === 1 ? channels[0]! : channels.map((channel) => [...channel])
  file.fromScratch(channels.length, sampleRate, '32f', samples as number[])
  return file.toBuffer()
}

/** A model that gives back each of its inputs. */
export const echo = (inputs: Record<string, readonly [DType, readonly (number | string)[]]>): Model =>
  buildModel((g: GraphBuilder) => {
    for (const [name, [dtype, dims]] of Object.entries(inputs))
      g.output(g.op('Identity', [g.input(name, dtype, [...dims])]), `${name}_out`)
  })

/** Bytes that differ from place to place. */
export const pattern = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 37 + seed * 101 + (i >> 3)) & 255)

import { expect, test } from 'vitest'
import { buildModel } from '../../ir/build.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor } from '../../ir/tensor.js'
import { normalFeeds } from '../zero-shot/forward.js'
import { hasImages, randomImages } from './random-images.js'

const side = 64

/** A convolution over an image of [2, channels, 64, 64], or channels last. */
function reader(channels: number, isChannelsLast = false) {
  const model = buildModel((g) => {
    const dims = isChannelsLast ? [2, side, side, channels] : [2, channels, side, side]
    const input = g.input('image', 'float32', dims)
    const image = isChannelsLast ? g.op('Transpose', [input], { perm: [0, 3, 1, 2] }) : input
    const weight = g.constant(Tensor.float32(new Array<number>(4 * channels * 9).fill(1), [4, channels, 3, 3]))
    g.output(g.op('Conv', [image, weight]), 'y')
  })
  inferTypes(model)
  return model
}

const imagesOf = (model: ReturnType<typeof reader>, preset: Parameters<typeof randomImages>[1], seed = 1) =>
  Array.from(randomImages(model, preset, seed).get('image')!.numbers())

function moments(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) }
}

/** Correlation of pixels so far apart in a row. */
function correlation(values: readonly number[], distance: number): number {
  const { mean, deviation } = moments(values)
  let [sum, count] = [0, 0]
  for (let i = 0; i + distance < values.length; i++) {
    if ((i % side) + distance >= side) continue
    sum += (values[i]! - mean) * (values[i + distance]! - mean)
    count += 1
  }
  return sum / (count * deviation ** 2)
}

test('random images are bytes like those of photographs, scaled, and the same for the same seed', () => {
  const bytes = imagesOf(reader(3), 'none')
  expect(Math.min(...bytes)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...bytes)).toBeLessThanOrEqual(255)
  const { mean, deviation } = moments(bytes)
  expect(mean).toBeGreaterThan(80)
  expect(mean).toBeLessThan(160)
  expect(deviation).toBeGreaterThan(35)
  expect(deviation).toBeLessThan(75)
  expect(imagesOf(reader(3), 'none')).toEqual(bytes)
  expect(imagesOf(reader(3), 'none', 2)).not.toEqual(bytes)
  const scaled = imagesOf(reader(3), 'tensorflow')
  expect(scaled.every((value, i) => Math.abs(value - (bytes[i]! / 127.5 - 1)) < 1e-5)).toBe(true)
})

test('pixels are the more alike the nearer they are', () => {
  const bytes = imagesOf(reader(3), 'none')
  const [near, further, far] = [correlation(bytes, 1), correlation(bytes, 4), correlation(bytes, 24)]
  expect(near).toBeGreaterThan(0.5)
  expect(further).toBeLessThan(near)
  expect(far).toBeLessThan(further)
})

test('the order of axes does not matter', () => {
  const first = imagesOf(reader(3), 'imagenet')
  const last = imagesOf(reader(3, true), 'imagenet')
  const at = (sample: number, channel: number, place: number) => first[(sample * 3 + channel) * side * side + place]!
  const moved = Array.from({ length: last.length }, (_, i) =>
    at(Math.floor(i / (3 * side * side)), i % 3, Math.floor(i / 3) % (side * side)),
  )
  expect(last).toEqual(moved)
})

test('what is no image gets normal numbers', () => {
  expect(hasImages(reader(1))).toBe(true)
  expect(hasImages(reader(8))).toBe(false)
  const normal = Array.from(normalFeeds(reader(8), 3).get('image')!.numbers())
  expect(imagesOf(reader(8), 'none', 3)).toEqual(normal)
})

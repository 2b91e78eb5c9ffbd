import { mkdtempSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { FittedWeights } from './fitted-weights.js'
import { WeightStore } from './weight-store.js'

const weights: readonly FittedWeights[] = [
  { target: 'block/3/"é"', dims: [1, 3, 2], values: Float32Array.of(1, -2.5, 3e-8, 4, Number.NaN, 6) },
  { target: '7', dims: [2, 1, 2], values: Float32Array.of(7, 8, 9, 10) },
]

function opened(): { folder: string; store: WeightStore } {
  const folder = mkdtempSync(join(tmpdir(), 'weights-'))
  return { folder, store: new WeightStore(folder) }
}

const byTarget = (list: readonly FittedWeights[] | undefined) =>
  new Map(list?.map(({ target, dims, values }) => [target, { dims: [...dims], values: [...values] }]))

test('what is written is read again, in another store too', async () => {
  const { folder, store } = opened()
  await store.write('key', weights)
  expect(byTarget(await store.read('key'))).toEqual(byTarget(weights))
  expect(byTarget(await new WeightStore(folder).read('key'))).toEqual(byTarget(weights))
  await store.write('none', [])
  expect(await store.read('none')).toEqual([])
  expect(await store.has('none')).toBe(true)
  expect(await store.read('other')).toBeUndefined()
})

test('what earlier runs left does not count where it is not to; what this one wrote is there', async () => {
  const { folder, store } = opened()
  await store.write('key', weights)
  const anew = new WeightStore(folder, false)
  expect(await anew.has('key')).toBe(false)
  expect(byTarget(await anew.read('key'))).toEqual(byTarget(weights))
})

test('a file is safetensors: a length, a header of whole words, the numbers', async () => {
  const { folder, store } = opened()
  await store.write('key', weights)
  const bytes = readFileSync(join(folder, 'weights', 'key.safetensors'))
  const length = Number(bytes.readBigUInt64LE(0))
  expect(length % 8).toBe(0)
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length))
  expect(header['7']).toEqual({ dtype: 'F32', shape: [2, 1, 2], data_offsets: [24, 40] })
  expect(bytes.readFloatLE(8 + length + 24)).toBe(7)
  expect(readdirSync(join(folder, 'weights'))).toEqual(['key.safetensors'])
})

test.each([0, 5, 40, -1])('a file that is cut short (%i bytes) counts as absent', async (size) => {
  const { folder, store } = opened()
  await store.write('key', weights)
  const path = join(folder, 'weights', 'key.safetensors')
  truncateSync(path, size < 0 ? readFileSync(path).length - 1 : size)
  expect(await store.read('key')).toBeUndefined()
  expect(await store.has('key')).toBe(false)
})

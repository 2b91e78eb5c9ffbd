import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DataSet, Labels } from '../../src/accuracy/data-set.js'
import { holdOut } from '../../src/accuracy/hold-out.js'
import { openDataSet } from '../../src/accuracy/open-data-set.js'
import { overlap, refuseOverlap } from '../../src/accuracy/overlap.js'
import { Tensor } from '../../src/ir/tensor.js'
import { echo, folder, gzip, npy, npyFile, npz, pattern, png, wav, write } from './on-disk.js'

/** Samples by their content; equal letters are equal samples. */
const setOf = (contents: readonly string[], labels?: Labels): DataSet => ({
  source: 'memory',
  count: contents.length,
  batch: async (samples) => new Map([['x', Tensor.float32(samples)]]),
  digests: async () => contents,
  labels,
})

describe('hold out', () => {
  const set = fc
    .array(fc.record({ content: fc.nat(30), label: fc.nat(2) }), { minLength: 12, maxLength: 60 })
    .map((samples) => ({
      contents: samples.map(({ content }) => String(content)),
      labels: { kind: 'classes', classes: Int32Array.from(samples, ({ label }) => label) } as Labels,
    }))

  test('two parts that have nothing in common and lose nothing', async () => {
    await fc.assert(
      fc.asyncProperty(set, fc.nat(5), async ({ contents, labels }, seed) => {
        fc.pre(new Set(contents).size > 6)
        const { kept, heldOut } = await holdOut(setOf(contents, labels), 0.3, seed)
        expect(kept.count + heldOut.count).toBe(contents.length)
        expect((await overlap(kept, heldOut)).count).toBe(0)
        const together = [...(await kept.digests()), ...(await heldOut.digests())]
        expect(together.sort()).toEqual([...contents].sort())
        const again = await holdOut(setOf(contents, labels), 0.3, seed)
        expect(await again.heldOut.digests()).toEqual(await heldOut.digests())
      }),
      { numRuns: 50 },
    )
  })

  test('every class gives its share; samples keep labels and inputs', async () => {
    const count = 300
    const classes = Int32Array.from({ length: count }, (_, i) => (i < 200 ? 0 : i < 280 ? 1 : 2))
    const contents = Array.from({ length: count }, (_, i) => String(i))
    const { heldOut } = await holdOut(setOf(contents, { kind: 'classes', classes }), 0.25, 7)
    const own = heldOut.labels?.kind === 'classes' ? [...heldOut.labels.classes] : []
    const counts = [0, 1, 2].map((index) => own.filter((each) => each === index).length)
    counts.forEach((found, index) => {
      expect(Math.abs(found - 0.25 * [200, 80, 20][index]!)).toBeLessThanOrEqual(1)
    })
    const places = (await heldOut.digests()).map(Number)
    expect(own).toEqual(places.map((place) => classes[place]))
    expect([...((await heldOut.batch([2, 0])).get('x')!.numbers() as Float32Array)]).toEqual([places[2], places[0]])
  })

  test('classes of one sample each are split all the same', async () => {
    const contents = Array.from({ length: 40 }, (_, i) => String(i))
    const classes = Int32Array.from(contents, Number)
    const { heldOut } = await holdOut(setOf(contents, { kind: 'classes', classes }), 0.25, 0)
    expect(Math.abs(heldOut.count - 10)).toBeLessThanOrEqual(1)
  })

  test('masks and boxes go along; what cannot be split is refused', async () => {
    const contents = ['a', 'b', 'c', 'd']
    const masks: Labels = { kind: 'masks', height: 1, width: 2, masks: Uint8Array.of(0, 0, 1, 1, 2, 2, 3, 3) }
    const { kept } = await holdOut(setOf(contents, masks), 0.5, 1)
    const places = (await kept.digests()).map((content) => contents.indexOf(content))
    expect(kept.labels).toMatchObject({ masks: Uint8Array.from(places.flatMap((place) => [place, place])) })
    await expect(holdOut(setOf(['a', 'a', 'a']), 0.3, 1)).rejects.toThrow(/3 samples cannot be split/)
  })
})

describe('overlap', () => {
  const picture = pattern(4 * 5 * 3)
  const other = pattern(4 * 5 * 3, 1)
  const planes = Uint8Array.from({ length: 60 }, (_, i) => picture[(i % 20) * 3 + Math.floor(i / 20)]!)
  const model = echo({ x: ['float32', ['n', 3, 4, 5]] })
  const open = (data: string) => openDataSet({ data, model, preprocess: { preprocessVersion: 1, scaling: 'unit' } })

  const stored: [string, () => Promise<string> | string][] = [
    ['a PNG', async () => write(join(folder(), 'p.png'), await png(picture, 4, 5, 3))],
    ['bytes', () => npyFile(picture, 1, 4, 5, 3)],
    ['bytes, channels first', () => npyFile(planes, 1, 3, 4, 5)],
    ['floats', () => npyFile(Float32Array.from(picture), 1, 4, 5, 3)],
    ['floats, channels first', () => npyFile(Float64Array.from(planes), 1, 3, 4, 5)],
    ['gzip', () => write(join(folder(), 'x.npy.gz'), gzip(npy(picture, 1, 4, 5, 3)))],
    ['an archive', () => write(join(folder(), 'x.npz'), npz({ x: npy(picture, 1, 4, 5, 3) }))],
  ]
  test.each(stored)('the same picture is found in %s', async (_, file) => {
    const both = npyFile(Uint8Array.from([...other, ...picture]), 2, 4, 5, 3)
    const found = await overlap(await open(await file()), await open(both))
    expect(found.count).toBe(1)
    expect(found.examples[0]![1]).toBe('[1]')
  })

  test('gray is gray, however many channels it is stored in', async () => {
    const gray = pattern(20)
    const spread = Uint8Array.from({ length: 60 }, (_, i) => gray[Math.floor(i / 3)]!)
    expect((await overlap(await open(npyFile(gray, 1, 4, 5)), await open(npyFile(spread, 1, 4, 5, 3)))).count).toBe(1)
  })

  test('one pixel more or less is another picture; so are the same numbers in another shape', async () => {
    const near = Uint8Array.from(picture)
    near[7]! ^= 1
    expect((await overlap(await open(npyFile(picture, 1, 4, 5, 3)), await open(npyFile(near, 1, 4, 5, 3)))).count).toBe(
      0,
    )
    const free = echo({ x: ['float32', ['n', 3, 'h', 'w']] })
    const [a, b] = await Promise.all(
      [
        [1, 4, 5, 3],
        [1, 5, 4, 3],
      ].map((dims) => openDataSet({ data: npyFile(picture, ...dims), model: free })),
    )
    expect((await overlap(a!, b!)).count).toBe(0)
  })

  test('sounds and tables of numbers', async () => {
    const sounds = echo({ x: ['float32', ['n', 4]] })
    const file = () => write(join(folder(), 'a.wav'), wav([[0.5, -0.5, 0.25]]))
    const openSounds = (data: string) => openDataSet({ data, model: sounds })
    expect((await overlap(await openSounds(file()), await openSounds(file()))).count).toBe(1)
    const rows = (...values: number[]) => npyFile(Float32Array.from(values), values.length / 4, 4)
    const found = await overlap(await openSounds(rows(1, 2, 3, 4, 5, 6, 7, 8.5)), await openSounds(rows(5, 6, 7, 8.5)))
    expect(found).toEqual({ count: 1, examples: [['[1]', '[0]']] })
  })

  test('is refused with how many, and which', async () => {
    const first = await open(npyFile(picture, 1, 4, 5, 3))
    const place = folder()
    write(join(place, 'p.png'), await png(picture, 4, 5, 3))
    write(join(place, 'q.png'), await png(other, 4, 5, 3))
    await expect(refuseOverlap(first, await open(place))).rejects.toThrow(
      /1 of 2 samples are in .*x\.npy too: p\.png is \[0\]/,
    )
    await refuseOverlap(first, await open(npyFile(other, 1, 4, 5, 3)))
  })
})

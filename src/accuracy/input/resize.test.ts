import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Image } from './image.js'
import type { Preprocess } from './preprocess.js'
import { placement, resized } from './resize.js'

const say = (more: Partial<Preprocess>): Preprocess => ({ preprocessVersion: 1, ...more })

describe('placement', () => {
  test.each<[string, Partial<Preprocess>, readonly [number, number], ReturnType<typeof placement>]>([
    ['squash', { fit: 'squash' }, [300, 200], { scaled: { height: 224, width: 224 }, left: 0, top: 0 }],
    ['crop covers', {}, [448, 224], { scaled: { height: 224, width: 448 }, left: 112, top: 0 }],
    // 500x375 to a short side of 256: 341 (not 341.33) wide, as torchvision has it.
    ['a short side', { shortSide: 256 }, [500, 375], { scaled: { height: 256, width: 341 }, left: 59, top: 16 }],
    ['pad fills', { fit: 'pad' }, [448, 224], { scaled: { height: 112, width: 224 }, left: 0, top: -56 }],
    [
      'pad at the end',
      { fit: 'pad', padAt: 'end' },
      [448, 224],
      { scaled: { height: 112, width: 224 }, left: 0, top: 0 },
    ],
  ])('%s', (_, preprocess, [width, height], expected) => {
    expect(placement({ width, height }, { width: 224, height: 224 }, say(preprocess))).toEqual(expected)
  })

  test('a short side that does not cover the input is refused', () => {
    expect(() => placement({ width: 9, height: 9 }, { width: 8, height: 8 }, say({ shortSide: 7 }))).toThrow(
      /does not cover/,
    )
  })

  test('a crop lies inside, a pad outside', () => {
    const size = fc.record({ height: fc.integer({ min: 1, max: 99 }), width: fc.integer({ min: 1, max: 99 }) })
    fc.assert(
      fc.property(size, size, (image, wanted) => {
        const crop = placement(image, wanted, say({}))
        expect(crop.left).toBeGreaterThanOrEqual(0)
        expect(crop.top).toBeGreaterThanOrEqual(0)
        expect(crop.left + wanted.width).toBeLessThanOrEqual(crop.scaled.width)
        expect(crop.top + wanted.height).toBeLessThanOrEqual(crop.scaled.height)
        const pad = placement(image, wanted, say({ fit: 'pad' }))
        expect(pad.scaled.width).toBeLessThanOrEqual(wanted.width)
        expect(pad.scaled.height).toBeLessThanOrEqual(wanted.height)
      }),
    )
  })
})

describe('resized', () => {
  const flat = (height: number, width: number, channels: 1 | 3, value: number): Image => ({
    height,
    width,
    channels,
    pixels: new Uint8Array(height * width * channels).fill(value),
  })
  test.each([1, 3] as const)('one colour stays one colour, %i channels', (channels) => {
    for (const fit of ['crop', 'squash'] as const) {
      const image = resized(flat(9, 14, channels, 77), { height: 5, width: 6 }, say({ fit }))
      expect(image).toEqual(flat(5, 6, channels, 77))
    }
    const padded = resized(flat(10, 20, channels, 77), { height: 6, width: 4 }, say({ fit: 'pad', padValue: 9 }))
    const rows = [9, 9, 77, 77, 9, 9]
    expect([...padded.pixels]).toEqual(rows.flatMap((value) => new Array<number>(4 * channels).fill(value)))
  })
  test.each<[string, number[], number[]]>([
    // By Pillow 12.3, Image.BILINEAR.
    ['enlarged: corners stay', [0, 100, 200], [0, 25, 75, 125, 175, 200]],
    ['by a fraction', [0, 100, 200, 50], [0, 70, 150, 155, 50]],
    ['shrunk: averaged', [0, 10, 20, 200, 100, 50], [7, 96, 93]],
  ])('%s', (_, row, expected) => {
    const image: Image = { height: 1, width: row.length, channels: 1, pixels: Uint8Array.from(row) }
    expect([...resized(image, { height: 1, width: expected.length }, say({ fit: 'squash' })).pixels]).toEqual(expected)
    const column: Image = { ...image, height: row.length, width: 1 }
    expect([...resized(column, { height: expected.length, width: 1 }, say({ fit: 'squash' })).pixels]).toEqual(expected)
  })
  test('what shrinks is averaged', () => {
    const stripes = { ...flat(8, 8, 1, 0), pixels: Uint8Array.from({ length: 64 }, (_, at) => (at % 2) * 200) }
    const { pixels } = resized(stripes, { height: 2, width: 2 }, say({ fit: 'squash' }))
    for (const value of pixels) expect(Math.abs(value - 100)).toBeLessThanOrEqual(15)
  })
  test('the same size is left alone', () => {
    const image = flat(4, 4, 3, 5)
    expect(resized(image, { height: 4, width: 4 }, say({}))).toBe(image)
  })
})

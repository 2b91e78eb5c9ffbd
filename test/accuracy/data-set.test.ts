import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Preprocess } from '../../src/accuracy/input/preprocess.js'
import { openDataSet } from '../../src/accuracy/open-data-set.js'
import type { Model } from '../../src/ir/graph.js'
import type { Tensor } from '../../src/ir/tensor.js'
import { echo, folder, gzip, npy, npyFile, npz, pattern, png, wav, write } from './on-disk.js'

const open = (data: string, model: Model, preprocess: Partial<Preprocess> = {}, labels?: string) =>
  openDataSet({ data, labels, model, preprocess: { preprocessVersion: 1, ...preprocess } })

const only = async (data: string, model: Model, preprocess: Partial<Preprocess> = {}, samples = [0]) => {
  const set = await open(data, model, preprocess)
  const [tensor] = (await set.batch(samples)).values()
  return tensor!
}

const nchw = echo({ x: ['float32', ['n', 3, 4, 5]] })
const nhwc = echo({ x: ['float32', ['n', 4, 5, 3]] })

/** Pixel [row, column, channel] of sample n in a batch of either layout. */
const pixel = (tensor: Tensor, n: number, row: number, column: number, channel: number): number => {
  const [, a, b, c] = tensor.dims as [number, number, number, number]
  const at = a === 3 ? ((n * a + channel) * b + row) * c + column : ((n * a + row) * b + column) * c + channel
  return tensor.numbers()[at]!
}

describe('images in arrays', () => {
  const stored = pattern(2 * 4 * 5 * 3)
  const at = (n: number, row: number, column: number, channel: number) =>
    stored[((n * 4 + row) * 5 + column) * 3 + channel]!
  const planes = new Uint8Array(stored.length)
  for (let n = 0; n < 2; n++)
    for (let row = 0; row < 4; row++)
      for (let column = 0; column < 5; column++)
        for (let channel = 0; channel < 3; channel++)
          planes[((n * 3 + channel) * 4 + row) * 5 + column] = at(n, row, column, channel)

  const scalings: [Partial<Preprocess>, (value: number, channel: number) => number][] = [
    [{}, (value) => value],
    [{ scaling: 'none' }, (value) => value],
    [{ scaling: 'unit' }, (value) => value / 255],
    [{ scaling: 'tensorflow' }, (value) => value / 127.5 - 1],
    [
      { scaling: 'imagenet' },
      (value, channel) => (value / 255 - [0.485, 0.456, 0.406][channel]!) / [0.229, 0.224, 0.225][channel]!,
    ],
    [{ scaling: { divisor: 2, mean: [1, 2, 3], deviation: 4 } }, (value, channel) => (value / 2 - channel - 1) / 4],
  ]
  const forms: [string, string][] = [
    ['bytes, channels last', npyFile(stored, 2, 4, 5, 3)],
    ['bytes, channels first', npyFile(planes, 2, 3, 4, 5)],
    ['floats, channels last', npyFile(Float32Array.from(stored), 2, 4, 5, 3)],
    ['floats, channels first', npyFile(Float32Array.from(planes), 2, 3, 4, 5)],
    ['doubles', npyFile(Float64Array.from(stored), 2, 4, 5, 3)],
    ['gzip', write(join(folder(), 'x.npy.gz'), gzip(npy(stored, 2, 4, 5, 3)))],
    ['an archive', write(join(folder(), 'x.npz'), npz({ images: npy(stored, 2, 4, 5, 3) }))],
  ]
  const layouts: [string, Model][] = [
    ['NCHW', nchw],
    ['NHWC', nhwc],
    ['NCHW of open size', echo({ x: ['float32', ['n', 3, 'h', 'w']] })],
  ]
  const cases = forms.flatMap(([form, file]) =>
    layouts
      .filter(([layout]) => !layout.endsWith('open size') || !form.startsWith('doubles'))
      .map(([layout, model]) => [form, layout, file, model] as const),
  )
  test.each(cases)('%s reach %s, scaled and cast', async (_form, _layout, file, model) => {
    for (const [preprocess, scale] of scalings) {
      for (const channels of ['rgb', 'bgr'] as const) {
        const tensor = await only(file, model, { ...preprocess, channels }, [1, 0])
        expect(tensor.dtype).toBe('float32')
        expect(tensor.dims[0]).toBe(2)
        for (const [n, row, column, channel] of [
          [0, 0, 0, 0],
          [0, 3, 4, 2],
          [1, 2, 1, 1],
          [1, 1, 3, 0],
        ] as const) {
          const from = channels === 'bgr' ? 2 - channel : channel
          expect(pixel(tensor, n, row, column, channel)).toBe(Math.fround(scale(at(1 - n, row, column, from), channel)))
        }
      }
    }
  })

  test('bytes stay bytes for a model that takes bytes, half precision is rounded once', async () => {
    const file = npyFile(stored, 2, 4, 5, 3)
    const bytes = await only(file, echo({ x: ['uint8', ['n', 4, 5, 3]] }), {}, [0, 1])
    expect(bytes.dtype).toBe('uint8')
    expect(bytes.array()).toEqual(stored)
    const halves = await only(file, echo({ x: ['float16', ['n', 4, 5, 3]] }), { scaling: 'unit' }, [0])
    expect(halves.numbers()[7]).toBeCloseTo(stored[7]! / 255, 3)
    const signed = await only(file, echo({ x: ['int8', ['n', 4, 5, 3]] }), { scaling: { mean: 128 } }, [0])
    expect([...(signed.array() as Int8Array)]).toEqual([...stored.subarray(0, 60)].map((value) => value - 128))
  })

  test('gray', async () => {
    const gray = pattern(2 * 4 * 5)
    const model = echo({ x: ['float32', ['n', 1, 4, 5]] })
    for (const dims of [
      [2, 4, 5],
      [2, 4, 5, 1],
      [2, 1, 4, 5],
    ])
      expect((await only(npyFile(gray, ...dims), model, {}, [0, 1])).numbers()).toEqual(Float32Array.from(gray))
    expect((await only(npyFile(Float32Array.from(gray), 2, 4, 5), model, {}, [0, 1])).numbers()).toEqual(
      Float32Array.from(gray),
    )
    const luma = await only(npyFile(stored, 2, 4, 5, 3), model)
    expect(luma.numbers()[0]).toBe(Math.round(0.299 * stored[0]! + 0.587 * stored[1]! + 0.114 * stored[2]!))
    const spread = await only(npyFile(gray, 2, 4, 5), nchw)
    expect(spread.dims).toEqual([1, 3, 4, 5])
    expect(spread.numbers()[45]).toBe(gray[5])
  })

  test('another size is refused, unless somebody says how it is fitted', async () => {
    const file = npyFile(pattern(8 * 10 * 3), 1, 8, 10, 3)
    await expect(open(file, nchw)).rejects.toThrow(/samples of uint8\[8, 10, 3\] for input x float32/)
    expect((await only(file, nchw, { fit: 'squash' })).dims).toEqual([1, 3, 4, 5])
  })

  test('order and repetition of samples are as asked for', async () => {
    const file = npyFile(pattern(6 * 60), 6, 4, 5, 3)
    const set = await open(file, nhwc)
    expect(set.count).toBe(6)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }), async (samples) => {
        const joined = (await set.batch(samples)).get('x')!
        const single = await Promise.all(samples.map(async (sample) => (await set.batch([sample])).get('x')!))
        expect([...joined.bytes()]).toEqual(single.flatMap((tensor) => [...tensor.bytes()]))
      }),
      { numRuns: 20 },
    )
  })
})

describe('image files', () => {
  const pixels = pattern(4 * 5 * 3)
  test('the pixels of a PNG are those of the array; without a scaling floats are refused', async () => {
    const file = write(join(folder(), 'a.png'), await png(pixels, 4, 5, 3))
    expect(await only(file, nchw, { scaling: 'unit' })).toEqual(
      await only(npyFile(pixels, 1, 4, 5, 3), nchw, { scaling: 'unit' }),
    )
    await expect(open(file, nchw)).rejects.toThrow(/nothing says how pixels/)
    const taken = await only(file, echo({ x: ['uint8', ['n', 4, 5, 3]] }))
    expect(taken.array()).toEqual(pixels)
  })

  test('files of different sizes are cropped in the middle, or keep their size one by one', async () => {
    const place = folder()
    write(join(place, 'a.png'), await png(pattern(4 * 9 * 3), 4, 9, 3))
    write(join(place, 'b.png'), await png(pattern(8 * 10 * 3), 8, 10, 3))
    const cropped = await only(place, nchw, { scaling: 'none' }, [0, 1])
    expect(cropped.dims).toEqual([2, 3, 4, 5])
    expect(pixel(cropped, 0, 1, 0, 2)).toBe(pattern(4 * 9 * 3)[(9 + 2) * 3 + 2])
    const free = await open(place, echo({ x: ['float32', ['n', 3, 'h', 'w']] }), { scaling: 'none' })
    expect(free.batchLimit).toBe(1)
    expect((await free.batch([1])).get('x')!.dims).toEqual([1, 3, 8, 10])
    const sized = await only(place, echo({ x: ['float32', ['n', 3, 'h', 'w']] }), { scaling: 'none', size: [2, 2] })
    expect(sized.dims).toEqual([1, 3, 2, 2])
  })

  test('what is no image names the file', async () => {
    const place = folder()
    write(join(place, '0_a.png'), 'no picture')
    const set = await open(place, nchw, { scaling: 'none' })
    await expect(set.batch([0])).rejects.toMatchObject({ file: join(place, '0_a.png'), code: 'invalid-data' })
  })
})

describe('sound', () => {
  const model = echo({ x: ['float32', ['n', 6]] })
  test('is cut or filled with silence, several channels are averaged', async () => {
    const place = folder()
    write(join(place, 'a.wav'), wav([[0.5, -0.5, 0.25, 0, 1, -1, 0.75, 0.125]]))
    write(join(place, 'b.wav'), wav([[0.5, 0.5], [0, -0.5]])) // biome-ignore format: two channels
    const tensor = await only(place, model, {}, [0, 1])
    expect(tensor.dims).toEqual([2, 6])
    expect([...(tensor.numbers() as Float32Array)]).toEqual([0.5, -0.5, 0.25, 0, 1, -1, 0.25, 0, 0, 0, 0, 0])
    const bits = await only(place, model, { scaling: { divisor: 1 / 32768 } })
    expect(bits.numbers()[0]).toBe(16384)
  })

  test('lengths that the model leaves open, states and constants', async () => {
    const file = write(join(folder(), 'a.wav'), wav([[0.5, -0.5, 0.25]]))
    const open2 = echo({ input: ['float32', ['n', 't']], state: ['float32', [2, 'n', 4]], sr: ['int64', []] })
    const preprocess = { input: 'input', others: { state: 'zeros', sr: 16000 } } as const
    const set = await open(file, open2, preprocess)
    expect(set.batchLimit).toBe(1)
    const feeds = await set.batch([0])
    expect(feeds.get('input')!.dims).toEqual([1, 3])
    expect(feeds.get('state')!.dims).toEqual([2, 1, 4])
    expect(feeds.get('sr')!.numbers()).toEqual(Float64Array.of(16000))
    const longer = await (await open(file, open2, { ...preprocess, length: 5 })).batch([0])
    expect([...(longer.get('input')!.numbers() as Float32Array)]).toEqual([0.5, -0.5, 0.25, 0, 0])
    await expect(open(file, open2)).rejects.toThrow(/3 inputs could take the samples/)
    await expect(open(file, open2, { input: 'input' })).rejects.toThrow(/nothing is said of input state/)
  })

  test('is never resampled', async () => {
    const place = folder()
    write(join(place, 'a.wav'), wav([[0.5]], 16000))
    write(join(place, 'b.wav'), wav([[0.5]], 44100))
    const mixed = await open(place, model)
    await expect(mixed.batch([0, 1])).rejects.toThrow(/44100 Hz instead of 16000 Hz/)
    await expect((await open(place, model, { sampleRate: 8000 })).batch([0])).rejects.toThrow(
      /16000 Hz instead of 8000/,
    )
    await expect(open(place, echo({ x: ['float32', ['n', 3, 4, 5]] }))).rejects.toThrow(/takes no single channel/)
  })
})

describe('arrays that are no images', () => {
  test('several inputs from one archive, labels beside them', async () => {
    const model = echo({ a: ['float32', ['n', 2]], b: ['int32', ['n']], k: ['float32', []] })
    const file = write(
      join(folder(), 'x.npz'),
      npz({
        a: npy(Float32Array.of(1, 2, 3, 4), 2, 2),
        b: npy(Int32Array.of(5, 6), 2),
        k: npy(Float32Array.of(7)),
        labels: npy(Int32Array.of(1, 0), 2),
      }),
    )
    const set = await open(file, model)
    expect(set.count).toBe(2)
    expect(set.labels).toEqual({ kind: 'classes', classes: Int32Array.of(1, 0) })
    const feeds = await set.batch([1])
    expect([...feeds].map(([name, { dims }]) => [name, dims])).toEqual([
      ['a', [1, 2]],
      ['b', [1]],
      ['k', []],
    ])
    expect(feeds.get('a')!.numbers()).toEqual(Float32Array.of(3, 4))
  })

  test('a folder of sets of inputs', async () => {
    const model = echo({ x: ['float32', ['n', 2]] })
    const place = folder()
    write(join(place, '3_a.npy'), npy(Float32Array.of(1, 2), 1, 2))
    write(join(place, '1_b.npz'), npz({ x: npy(Float32Array.of(3, 4), 1, 2) }))
    const set = await open(place, model)
    expect(set.labels).toEqual({ kind: 'classes', classes: Int32Array.of(1, 3) })
    expect((await set.batch([0, 1])).get('x')!.numbers()).toEqual(Float32Array.of(3, 4, 1, 2))
  })

  test.each<[string, () => string, Model, RegExp]>([
    [
      'several inputs, one array',
      () => npyFile(Float32Array.of(1, 2), 1, 2),
      echo({ a: ['float32', ['n', 2]], b: ['float32', ['n', 2]] }),
      /2 inputs could take the samples/,
    ],
    [
      'arrays of other names',
      () => write(join(folder(), 'x.npz'), npz({ p: npy(Float32Array.of(1), 1), q: npy(Float32Array.of(1), 1) })),
      echo({ a: ['float32', ['n']], b: ['float32', ['n']] }),
      /arrays p, q for inputs a, b/,
    ],
    [
      'different numbers of samples',
      () => write(join(folder(), 'x.npz'), npz({ a: npy(Float32Array.of(1), 1), b: npy(Float32Array.of(1, 2), 2) })),
      echo({ a: ['float32', ['n']], b: ['float32', ['n']] }),
      /a has 1, b has 2/,
    ],
    ['no samples', () => npyFile(new Float32Array(0), 0, 2), echo({ x: ['float32', ['n', 2]] }), /without samples/],
    ['an empty folder', () => folder(), echo({ x: ['float32', ['n', 2]] }), /no samples in the folder/],
    [
      'another kind of file',
      () => write(join(folder(), 'x.txt'), 'x'),
      echo({ x: ['float32', ['n', 2]] }),
      /no data set that is known/,
    ],
    [
      'fractions for integers',
      () => npyFile(Float32Array.of(1.5, 2), 1, 2),
      echo({ x: ['int32', ['n', 2]] }),
      /numbers of float32 for input x of int32/,
    ],
  ])('%s: refused in words', async (_, file, model, message) => {
    const failure = open(file(), model).then((set) => set.batch([0]))
    await expect(failure).rejects.toThrow(message)
    await expect(failure).rejects.toMatchObject({ name: 'UserError' })
  })
})

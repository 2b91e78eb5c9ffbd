import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Preprocess } from '../../src/accuracy/input/preprocess.js'
import { openDataSet } from '../../src/accuracy/open-data-set.js'
import { echo, folder, npy, npyFile, pattern, png, write } from './on-disk.js'

const model = echo({ x: ['uint8', ['n', 4, 4, 3]] })
let picture: Buffer
beforeAll(async () => {
  picture = await png(pattern(48), 4, 4, 3)
})

/** A folder of the same picture under several names. */
const pictures = (...names: string[]): string => {
  const place = folder()
  for (const name of names) write(join(place, name), picture)
  return place
}

const labelsOf = async (data: string, labels?: string, preprocess: Partial<Preprocess> = {}) =>
  (await openDataSet({ data, labels, model, preprocess: { preprocessVersion: 1, ...preprocess } })).labels

const classes = (...indexes: number[]) => ({ kind: 'classes', classes: Int32Array.from(indexes) })

describe('labels that lie with the data', () => {
  test('class folders, in alphabetical order', async () => {
    expect(await labelsOf(pictures('cat/a.png', 'ant/b.png', 'cat/c.png', 'dog/d.png'))).toEqual(classes(0, 1, 1, 2))
  })
  test('file names that begin with the class', async () => {
    expect(await labelsOf(pictures('12_b.png', '7_a.png'))).toEqual(classes(12, 7))
    expect(await labelsOf(pictures('12_b.png', 'a.png'))).toBeUndefined()
  })
  test('labels.csv, before names and folders', async () => {
    const place = pictures('1_a.png', '2_b.png')
    write(join(place, 'labels.csv'), 'file,label\n2_b.png,5\n1_a.png,4\n')
    expect(await labelsOf(place)).toEqual(classes(4, 5))
    const deep = pictures('x/a.png', 'y/b.png')
    write(join(deep, 'labels.csv'), '\ufefflabel,file\r\n5,x/a.png\r\n6,y/b.png\r\n')
    expect(await labelsOf(deep)).toEqual(classes(5, 6))
  })
})

describe('labels from a file', () => {
  const two = npyFile(pattern(96), 2, 4, 4, 3)
  const inFile = (name: string, content: string | Uint8Array) => write(join(folder(), name), content)

  test.each([
    ['int64', npyFile(BigInt64Array.of(3n, 1n), 2)],
    ['a column', npyFile(Uint8Array.of(3, 1), 2, 1)],
    ['a list', inFile('y.json', '[3, 1]')],
    ['rows by place', inFile('y.csv', 'file,label\n[0],3\n[1],1\n')],
  ])('class indexes: %s', async (_, file) => expect(await labelsOf(two, file)).toEqual(classes(3, 1)))

  test('masks, and the label that does not count', async () => {
    const masks = npyFile(pattern(32), 2, 4, 4)
    expect(await labelsOf(two, masks, { ignoredLabel: 7 })).toEqual({
      kind: 'masks',
      height: 4,
      width: 4,
      masks: pattern(32),
      ignored: 7,
    })
  })

  test('boxes, by place or by name', async () => {
    const records = [
      { image: 1, boxes: [[0, 0, 2, 2]], classes: [5] },
      { image: 0, boxes: [] },
    ]
    expect(await labelsOf(two, inFile('y.json', JSON.stringify(records)))).toEqual({
      kind: 'boxes',
      boxes: [[], [{ box: [0, 0, 2, 2], class: 5 }]],
    })
    const named = [
      { image: 'b.png', boxes: [[0, 0, 1, 1]] },
      { image: 'a.png', boxes: [] },
    ]
    expect(await labelsOf(pictures('a.png', 'b.png'), inFile('y.json', JSON.stringify(named)))).toMatchObject({
      boxes: [[], [{ box: [0, 0, 1, 1], class: 0 }]],
    })
  })

  test.each<[string, string, RegExp]>([
    ['too few', npyFile(Uint8Array.of(1), 1), /1 labels for 2 samples/],
    ['too many', npyFile(Uint8Array.of(1, 2, 3), 3), /3 labels for 2 samples/],
    ['fractions', npyFile(Float32Array.of(1, 2), 2), /labels of float32\[2\]; give integers/],
    ['one-hot', npyFile(Uint8Array.of(1, 0, 0, 1), 2, 2), /labels of uint8\[2, 2\]/],
    ['masks beyond a byte', npyFile(Int32Array.of(1, 300), 2, 1, 1), /with 300; use classes of 0 to 255/],
    ['a row is missing', inFile('y.csv', 'file,label\n[0],3\n'), /no label for \[1\]/],
    ['a row too many', inFile('y.csv', 'file,label\n[0],3\n[1],1\nz,1\n'), /a label for z/],
    ['a row twice', inFile('y.csv', 'file,label\n[0],3\n[0],1\n'), /line 3: \[0\] a second time/],
    ['a word', inFile('y.csv', 'file,label\n[0],cat\n[1],1\n'), /line 2: label "cat" is no class index/],
    ['other columns', inFile('y.csv', 'name,class\n[0],1\n'), /no columns file and label/],
    ['no JSON', inFile('y.json', '{'), /not JSON/],
    ['another JSON', inFile('y.json', '{"a": 1}'), /no labels that are known/],
    ['three corners', inFile('y.json', '[{"image": 0, "boxes": [[1, 2, 3]]}]'), /no labels that are known/],
    ['no record', inFile('y.json', '[{"image": 0, "boxes": []}]'), /1 labels for 2 samples: none for \[1\]/],
    ['a stranger', inFile('y.json', '[{"image": 2, "boxes": []}]'), /image 2 is not in/],
    ['another file', inFile('y.txt', '1'), /no labels that are known; give \.npy, \.csv or \.json/],
    ['no file', 'none.npy', /ENOENT/],
  ])('%s: refused, naming the file', async (_, file, message) => {
    const failure = await labelsOf(two, file).then(
      () => undefined,
      (error: unknown) => error as { line(): string },
    )
    expect(failure?.line()).toMatch(message)
    expect(failure?.line()).toContain(file)
  })

  test('a folder says what is wrong with it', async () => {
    await expect(labelsOf(pictures('a.png', 'cat/b.png'))).rejects.toThrow(/both files \(a\.png\) and class folders/)
    const place = pictures('cat/a.png')
    write(join(place, 'dog/notes.txt'), '')
    await expect(labelsOf(place)).rejects.toThrow(/class folder dog has no samples/)
    const mixed = pictures('a.png')
    write(join(mixed, 'b.npy'), npy(pattern(48), 1, 4, 4, 3))
    await expect(labelsOf(mixed)).rejects.toThrow(/both a\.png and b\.npy/)
  })
})

describe('labels of images that are fitted', () => {
  const small = echo({ x: ['uint8', ['n', 4, 4, 3]] })
  const file = npyFile(pattern(8 * 16 * 3), 1, 8, 16, 3)
  const boxes = (box: number[]) => write(join(folder(), 'y.json'), JSON.stringify([{ image: 0, boxes: [box] }]))
  const fitted = async (fit: Preprocess['fit'], box: number[], more: Partial<Preprocess> = {}) => {
    const set = await openDataSet({
      data: file,
      labels: boxes(box),
      model: small,
      preprocess: { preprocessVersion: 1, ...more, ...(fit && { fit }) },
    })
    return set.labels?.kind === 'boxes' ? set.labels.boxes[0]!.map(({ box: found }) => [...found]) : undefined
  }
  test('boxes', async () => {
    // 16x8 to 4x4: a quarter and a half; by half with 2 pixels cut off at both sides; by a quarter with 1 pixel filled.
    expect(await fitted('squash', [4, 2, 8, 6])).toEqual([[1, 1, 2, 3]])
    expect(await fitted('crop', [4, 2, 10, 6])).toEqual([[0, 1, 3, 3]])
    expect(await fitted('crop', [0, 0, 3, 8])).toEqual([])
    expect(await fitted('pad', [4, 2, 8, 6])).toEqual([[1, 1.5, 2, 2.5]])
    expect(await fitted('pad', [4, 2, 8, 6], { padAt: 'end' })).toEqual([[1, 0.5, 2, 1.5]])
  })
  test('masks', async () => {
    const mask = Uint8Array.from({ length: 128 }, (_, at) => at % 16)
    const masksOf = async (fit: NonNullable<Preprocess['fit']>) => {
      const labels = npyFile(mask, 1, 8, 16)
      const set = await openDataSet({ data: file, labels, model: small, preprocess: { preprocessVersion: 1, fit } })
      return set.labels?.kind === 'masks' ? [...set.labels.masks] : undefined
    }
    const row = [2, 6, 10, 14]
    expect(await masksOf('squash')).toEqual([...row, ...row, ...row, ...row])
    const middle = [5, 7, 9, 11]
    expect(await masksOf('crop')).toEqual([...middle, ...middle, ...middle, ...middle])
    const none = [255, 255, 255, 255]
    expect(await masksOf('pad')).toEqual([...none, ...row, ...row, ...none])
  })
})

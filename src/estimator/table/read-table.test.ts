import { createHash } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { UserError } from '../../ir/errors.js'
import { type ColumnMapping, ownMapping, readMapping, shippedMapping } from './mapping.js'
import { readTable } from './read-table.js'

const folder = mkdtempSync(join(tmpdir(), 'table-'))
let files = 0
const write = (content: string | Buffer, name = 'table.csv'): string => {
  const file = join(folder, `${files++}-${name}`)
  writeFileSync(file, content)
  return file
}

const failure = async (content: string, mapping: ColumnMapping = ownMapping): Promise<UserError> => {
  try {
    await readTable(write(content), mapping)
  } catch (error) {
    expect(error).toBeInstanceOf(UserError)
    return error as UserError
  }
  throw new Error('it was read')
}

const head = 'kernel,precision,batch,in_channels,in_height,out_channels,kernel_height,latency_ms'
const good = 'convolution,float32,1,8,14,16,3,0.5'

describe('a table of the project', () => {
  test('fields that are left out follow from others', async () => {
    const file = write(`${head}\n${good}\ndepthwise,int8,2,8,7,8,3,0.25\n`)
    const { rows, device, sha256 } = await readTable(file, ownMapping)
    expect(device).toBe('unknown device')
    expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(rows[0]).toMatchObject({
      kernelWidth: 3,
      outHeight: 14,
      macs: 14 * 14 * 16 * 9 * 8,
      weightBytes: 4 * 9 * 8 * 16,
    })
    expect(rows[1]).toMatchObject({ groups: 8, macs: 2 * 7 * 7 * 8 * 9, inputBytes: 2 * 8 * 49, line: 3 })
    expect(rows[0]!.family).not.toBe(rows[1]!.family)
  })

  test('gzipped, it reads the same; the hash is of the file as it lies there', async () => {
    const text = `${head}\n${good}\n`
    const packed = gzipSync(text)
    const plain = await readTable(write(text), ownMapping)
    const zipped = await readTable(write(packed, 'table.csv.gz'), ownMapping)
    expect(zipped.rows).toEqual(plain.rows)
    expect(zipped.sha256).toBe(createHash('sha256').update(packed).digest('hex'))
  })
})

describe('rows at fault are counted and named', () => {
  const cases: [string, string, RegExp][] = [
    ['a negative time', 'convolution,float32,1,8,14,16,3,-1', /^1 bad row: line 3: latencyMs -1 is negative/],
    ['a time of nothing', 'convolution,float32,1,8,14,16,3,0', /line 3: latencyMs is 0: a failed measurement/],
    ['no number', 'convolution,float32,1,8,fourteen,16,3,1', /line 3: inHeight is no number/],
    [
      'a fraction of a channel',
      'convolution,float32,1,8.5,14,16,3,1',
      /line 3: inChannels 8.5 is no whole number from 1/,
    ],
    ['a missing value', 'convolution,float32,1,8,14,,3,1', /line 3: outChannels is missing/],
    [
      'an unknown kernel',
      'winograd,float32,1,8,14,16,3,1',
      /line 3: kernel unknown kernel "winograd"; expected one of conv/,
    ],
    ['an unknown precision', 'convolution,fp16,1,8,14,16,3,1', /line 3: precision unknown precision "fp16"/],
    ['seconds for milliseconds', 'convolution,float32,128,512,14,512,3,0.001', /is the unit milliseconds/],
    ['nanoseconds for milliseconds', 'convolution,float32,1,8,14,16,3,500000000', /is the unit milliseconds/],
    ['a field too few', 'convolution,float32,1,8,14,16,3', /line 3: 7 fields instead of 8/],
    ['a quote that is left open', 'convolution,"float32,1,8,14,16,3,1', /./],
  ]
  test.each(cases)('%s', async (_, row, message) => {
    const error = await failure(`${head}\n${good}\n${row}\n`)
    expect(error.code).toBe('invalid-data')
    expect(error.message).toMatch(message)
  })

  test('many of a kind are one line with their number; none is lost', async () => {
    const bad = Array.from({ length: 40 }, (_, i) => `convolution,float32,1,8,14,16,3,-${i + 1}`)
    const error = await failure([head, good, ...bad, 'pooling,float32,1,8,14,16,3,1'].join('\n'))
    expect(error.message).toMatch(/^41 bad rows: line 3: latencyMs -1 is negative \(and 39 more\); line 43: kernel/)
  })

  test('rows of several devices', async () => {
    const error = await failure(`${head},device\n${good},A\n${good},B\n${good},A\n`)
    expect(error.message).toBe('rows of 2 devices: "A" (line 2), "B" (line 3)')
  })

  test.each([
    ['no rows', `${head}\n`, /no rows/],
    ['an empty file', '', /no rows/],
    [
      'a column that is not there',
      'kernel,batch\nconvolution,1\n',
      /no column in_channels, in_height, out_channels, latency_ms/,
    ],
    ['a column that nobody knows', `${head},colour\n${good},red\n`, /unknown column colour/],
  ])('%s', async (_, content, message) => {
    expect((await failure(content)).message).toMatch(message)
  })

  test('a file that is not there, or not gzipped as its name says', async () => {
    await expect(readTable(join(folder, 'nowhere.csv'), ownMapping)).rejects.toMatchObject({ code: 'not-found' })
    await expect(readTable(write('kernel', 'x.csv.gz'), ownMapping)).rejects.toMatchObject({ code: 'invalid-data' })
  })
})

describe('column mappings', () => {
  const v100 = shippedMapping('v100-tensorrt')!
  const columns = 'precision,kind,batch,cin,h,w,cout,kernel,stride,fused,latency_ms,group'

  test('the V100 table is read as it is, in its own words', async () => {
    const file = write(
      `${columns}\nfp16,depthwise,32,8,5,5,8,3,2,0,0.02,d-8-8-k3\nint8,regular,1,3,5,5,8,3,2,1,0.02,r-3-8-k3\n`,
    )
    const { rows, device } = await readTable(file, v100)
    expect(device).toBe('NVIDIA V100, TensorRT')
    expect(rows[0]).toMatchObject({
      kind: 'depthwise',
      precision: 'float16',
      groups: 8,
      outHeight: 3,
      strideWidth: 2,
      family: 'd-8-8-k3',
      labels: { kernel: 'depthwise', precision: 'fp16' },
    })
    expect(rows[1]).toMatchObject({ fused: 1, labels: { kernel: 'regular', precision: 'int8' }, activations: 3 })
    // The residual is read too.
    expect(rows[1]!.inputBytes).toBe(3 * 25 + 8 * 9)
  })

  test('a factor turns other units into milliseconds', async () => {
    const mapping: ColumnMapping = {
      ...ownMapping,
      numbers: { ...ownMapping.numbers, latencyMs: { column: 'us', times: 0.001 } },
    }
    const { rows } = await readTable(write(`${head.replace('latency_ms', 'us')}\n${good}\n`), mapping)
    expect(rows[0]!.latencyMs).toBeCloseTo(0.0005, 12)
  })

  test('a word without a translation is an unknown kernel', async () => {
    const error = await failure(`${columns}\nfp16,grouped,32,8,5,5,8,3,2,0,0.02,g\n`, v100)
    expect(error.message).toMatch(/unknown kernel "grouped"/)
  })

  test.each([
    ['no JSON', '{', /not JSON/],
    ['another version', '{"mappingVersion": 2, "text": {"kernel": "k"}, "numbers": {}}', /./],
    ['no latency', JSON.stringify({ ...v100, numbers: { batch: 'batch' } }), /required property/],
    ['a field nobody knows', JSON.stringify({ ...v100, text: { ...v100.text, colour: 'c' } }), /./],
  ])('a mapping with %s is refused', (_, text, message) => {
    expect(() => readMapping(write(text, 'mapping.json'))).toThrow(message)
  })

  test('the shipped mapping fits its own schema', () => {
    expect(readMapping(new URL('./mappings/v100-tensorrt.json', import.meta.url).pathname)).toEqual(v100)
  })
})

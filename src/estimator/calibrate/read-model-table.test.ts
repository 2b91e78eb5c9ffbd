import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { readModelTable } from './read-model-table.js'

const folder = mkdtempSync(join(tmpdir(), 'model-table-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(text: string, name = 'models.csv'): string {
  const file = join(folder, name)
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text)
  return file
}

describe('readModelTable', () => {
  it('reads models beside the table, plain and gzipped', () => {
    for (const name of ['models.csv', 'models.csv.gz']) {
      const table = readModelTable(write('model,latency_ms,device\na.onnx,1.5,board\nsub/b.onnx,2,board\n', name))
      expect(table).toMatchObject({ file: name, device: 'board' })
      expect(table!.rows).toEqual([
        { path: join(folder, 'a.onnx'), latencyMs: 1.5, line: 2 },
        { path: join(folder, 'sub/b.onnx'), latencyMs: 2, line: 3 },
      ])
    }
  })

  it('leaves other tables alone', () => {
    expect(readModelTable(write('kernel,batch,latency_ms\nconvolution,1,2\n'))).toBeUndefined()
  })

  it.each([
    ['a negative time', 'model,latency_ms\na,1\nb,-2\n', /1 bad row: line 3: latency_ms "-2"/],
    ['no time', 'model,latency_ms\na,1\nb,\n', /line 3: latency_ms ""/],
    [
      'a time that is no number',
      'model,latency_ms\na,fast\nb,1\nc,0\n',
      /2 bad rows: line 2: latency_ms "fast".*line 4/,
    ],
    ['no model', 'model,latency_ms\n,1\nb,1\n', /line 2: no model/],
    ['a missing field', 'model,latency_ms\na\nb,1\n', /line 2: 1 fields, expected 2/],
    ['an unknown column', 'model,latency_ms,runs\na,1,2\n', /unknown column runs/],
    ['two devices', 'model,latency_ms,device\na,1,x\nb,1,y\n', /2 devices: "x" \(line 2\), "y" \(line 3\)/],
    ['one row', 'model,latency_ms\na,1\n', /1 rows/],
  ])('says where there is %s', (_, text, message) => {
    expect(() => readModelTable(write(text))).toThrow(message)
  })

  it('says that a file is missing', () => {
    expect(() => readModelTable(join(folder, 'none.csv'))).toThrow(/ENOENT/)
  })
})

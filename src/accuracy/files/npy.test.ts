import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { gzipSync } from 'fflate'
import { dump } from 'npyjs'
import { describe, expect, test } from 'vitest'
import { UserError } from '../../ir/errors.js'
import { openNpy, parseNpy } from './npy.js'

const place = mkdtempSync(join(tmpdir(), 'npy-'))
const save = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(place, name), bytes)
  return join(place, name)
}

describe('.npy', () => {
  test('rows, blocks and the whole are the same from a file, from gzip and from memory', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(8), { minLength: 1, maxLength: 6 }),
        async (rows, columns, wanted) => {
          const values = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i))
          const bytes = new Uint8Array(dump(values, [rows, columns]))
          const indices = wanted.map((row) => row % rows)
          const expected = indices.map((row) => [...values.subarray(row * columns, (row + 1) * columns)])
          const first = indices[0]!
          for (const array of [
            await openNpy(save('a.npy', bytes)),
            await openNpy(save('a.npy.gz', gzipSync(bytes))),
            parseNpy(bytes, 'memory'),
          ]) {
            expect(array.dims).toEqual([rows, columns])
            expect((await array.rows(indices)).map((row) => [...(row.array() as Float32Array)])).toEqual(expected)
            const block = await array.rowBlock(first, rows - first)
            expect(block.dims).toEqual([rows - first, columns])
            expect(block.array()).toEqual(values.slice(first * columns))
            expect((await array.whole()).array()).toEqual(values)
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  test.each([
    ['float32', Float32Array.of(1.5, -2)],
    ['float64', Float64Array.of(1.5, -2)],
    ['int8', Int8Array.of(1, -2)],
    ['int16', Int16Array.of(1, -2)],
    ['int32', Int32Array.of(1, -2)],
    ['int64', BigInt64Array.of(1n, -2n)],
    ['uint8', Uint8Array.of(1, 255)],
    ['uint16', Uint16Array.of(1, 2)],
    ['uint32', Uint32Array.of(1, 2)],
    ['uint64', BigUint64Array.of(1n, 2n)],
  ] as const)('%s', async (dtype, array) => {
    const read = parseNpy(new Uint8Array(dump(array, [2])), 'x.npy')
    expect(read.dtype).toBe(dtype)
    expect((await read.whole()).array()).toEqual(array)
  })

  test('a file larger than memory is read by slices', async () => {
    const text = "{'descr': '|u1', 'fortran_order': False, 'shape': (9000000, 1000), }\n"
    const head = Buffer.concat([Buffer.from([0x93]), Buffer.from('NUMPY'), Buffer.from([1, 0, text.length, 0])])
    const file = save('large.npy', Buffer.concat([head, Buffer.from(text)]))
    // Nothing is written: the file has a hole of 9 GB.
    truncateSync(file, head.length + text.length + 9e9)
    const array = await openNpy(file)
    expect((await array.rows([8_999_999, 0])).map(({ dims }) => dims)).toEqual([[1000], [1000]])
    rmSync(file)
  })

  const header = (dictionary: string, content = 8): Uint8Array => {
    const text = `${dictionary}\n`
    const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length & 255, text.length >> 8])
    return Buffer.concat([head, Buffer.from(text), Buffer.alloc(content)])
  }
  test.each([
    ['no array', Buffer.from('hello, world, hello'), /not an \.npy file/],
    ['nothing', Buffer.alloc(0), /not an \.npy file/],
    ['columns first', header("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }"), /Fortran order/],
    ['big-endian', header("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }"), /big-endian/],
    ['text', header("{'descr': '<U4', 'fortran_order': False, 'shape': (2,), }"), /dtype U4 has no ONNX counterpart/],
    ['a record', header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }"), /not understood/],
    ['too short', header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"), /\[3\] needs \d+ bytes/],
    ['a hostile size', header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999,), }"), /needs/],
  ])('%s is refused by name', async (_, bytes, message) => {
    const file = save('bad.npy', bytes)
    const error = await openNpy(file).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(UserError)
    expect((error as UserError).line()).toMatch(message)
    expect((error as UserError).line()).toContain(file)
  })

  test('gzip that is none is refused', async () => {
    await expect(openNpy(save('bad.npy.gz', Buffer.from('plain')))).rejects.toThrow(/not gzip/)
    await expect(openNpy(join(place, 'none.npy'))).rejects.toThrow(/ENOENT/)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { modelFromBytes } from '../src/import/read-model.js'
import { bitsOf, byteSize, type DType, dtypes, numberOfDtype } from '../src/ir/dtype.js'
import type { Tensor } from '../src/ir/tensor.js'
import { longOf } from '../src/onnx/int64.js'
import type { SparseTensorProto, TensorProto } from '../src/onnx/messages.js'
import { packDoubles, packFloats, packVarints } from '../src/onnx/packed.js'
import { bytesOf, fileBytes, smallGraph, smallModel, tensor } from './model-protos.js'

const dims = (...sizes: number[]) => sizes.map(longOf)

function readTensor(proto: TensorProto): Tensor {
  const model = modelFromBytes(
    fileBytes(smallModel(smallGraph({ initializer: [tensor('w'), { ...proto, name: 'v' }] }))),
  )
  return [...model.graph.initializers][1]!.tensor!
}

function readSparse(proto: SparseTensorProto): Tensor {
  const model = modelFromBytes(fileBytes(smallModel(smallGraph({ sparse_initializer: [proto] }))))
  return [...model.graph.initializers][1]!.tensor!
}

/** The raw bytes of a dtype as the entries of its list field. */
function listForm(dtype: DType, raw: Uint8Array): TensorProto {
  const aligned = Uint8Array.from(raw)
  const view = new DataView(aligned.buffer)
  const width = Math.max(bitsOf(dtype) / 8, 1)
  const entries = <T>(size: number, read: (at: number) => T) =>
    Array.from({ length: aligned.length / size }, (_, i) => read(i * size))
  switch (dtype) {
    case 'float32':
    case 'complex64':
      return { float_data: packFloats(entries(4, (at) => view.getFloat32(at, true))) }
    case 'float64':
    case 'complex128':
      return { double_data: packDoubles(entries(8, (at) => view.getFloat64(at, true))) }
    case 'int64':
      return { int64_data: packVarints(entries(8, (at) => view.getBigInt64(at, true))) }
    case 'uint64':
      return { uint64_data: packVarints(entries(8, (at) => view.getBigUint64(at, true))) }
    case 'uint32':
      return { uint64_data: packVarints(entries(4, (at) => view.getUint32(at, true))) }
    case 'int8':
      return { int32_data: packVarints(entries(1, (at) => view.getInt8(at))) }
    case 'int16':
      return { int32_data: packVarints(entries(2, (at) => view.getInt16(at, true))) }
    case 'int32':
      return { int32_data: packVarints(entries(4, (at) => view.getInt32(at, true))) }
    default:
      return {
        int32_data: packVarints(entries(width, (at) => (width === 1 ? view.getUint8(at) : view.getUint16(at, true)))),
      }
  }
}

describe('tensor content', () => {
  const numeric = dtypes.filter((dtype) => dtype !== 'string')

  it.each(numeric)('%s: raw data and typed list give the same bytes', (dtype) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
        fc.infiniteStream(fc.nat(255)),
        (sizes, stream) => {
          const count = sizes.reduce((product, size) => product * size, 1)
          const raw = Uint8Array.from({ length: byteSize(dtype, count) }, () => {
            const byte = stream.next().value as number
            // NaN payloads need not survive a number list; a bool is 0 or 1.
            return dtype === 'bool' ? byte & 1 : byte & 0x3f
          })
          const proto: TensorProto = { dims: dims(...sizes), data_type: numberOfDtype(dtype) }
          const fromRaw = readTensor({ ...proto, ...(raw.length > 0 ? { raw_data: raw } : {}) })
          const fromList = readTensor({ ...proto, ...listForm(dtype, raw) })
          for (const read of [fromRaw, fromList]) {
            expect([read.dtype, read.dims]).toEqual([dtype, sizes])
            expect(read.byteLength).toBe(raw.length)
            expect(Buffer.compare(read.bytes(), raw)).toBe(0)
          }
        },
      ),
      { numRuns: 25 },
    )
  })

  it('strings are any bytes', () => {
    const strings = [Uint8Array.of(0xff, 0xfe), Uint8Array.of()]
    const read = readTensor({ dims: dims(2), data_type: 8, string_data: strings })
    expect(read.strings().map((text) => [...text])).toEqual([[0xff, 0xfe], []])
  })

  it('a scalar has no dims, a tensor without elements no content', () => {
    expect(readTensor({ data_type: 1, raw_data: bytesOf(2.5) }).numbers()[0]).toBe(2.5)
    expect(readTensor({ dims: dims(0, 3), data_type: 1 }).bytes().length).toBe(0)
  })

  it('raw data is a view of the file', () => {
    const bytes = fileBytes(smallModel())
    const [weight] = modelFromBytes(bytes).graph.initializers
    expect(weight!.tensor!.bytes().buffer).toBe(bytes.buffer)
  })
})

describe('sparse tensors', () => {
  const indices = (values: number[], ...sizes: number[]): TensorProto => ({
    dims: dims(...sizes),
    data_type: 7,
    int64_data: packVarints(values),
  })

  it('stand for dense ones, with linear positions', () => {
    const read = readSparse({
      values: tensor('s', { dims: dims(2), raw_data: bytesOf(5, 6) }),
      indices: indices([1, 4], 2),
      dims: dims(2, 3),
    })
    expect(read.dims).toEqual([2, 3])
    expect(Array.from(read.numbers())).toEqual([0, 5, 0, 0, 6, 0])
  })

  it('stand for dense ones, with coordinates', () => {
    const read = readSparse({
      values: tensor('s', { dims: dims(3), data_type: 22, raw_data: Uint8Array.of(0x21, 0x0f) }),
      indices: indices([0, 1, 1, 0, 1, 2], 3, 2),
      dims: dims(2, 3),
    })
    // int4 1, 2 and -1 at [0, 1], [1, 0], [1, 2].
    expect(Array.from(read.numbers())).toEqual([0, 1, 0, 2, 0, -1])
  })

  it('of nothing are all zeros, of strings all empty', () => {
    expect(
      Array.from(readSparse({ values: tensor('s', { dims: dims(0), raw_data: null }), dims: dims(2) }).numbers()),
    ).toEqual([0, 0])
    const words = readSparse({
      values: { name: 's', dims: dims(1), data_type: 8, string_data: [Buffer.from('a')] },
      indices: indices([1], 1),
      dims: dims(2),
    })
    expect(words.strings().map((text) => Buffer.from(text).toString())).toEqual(['', 'a'])
  })
})

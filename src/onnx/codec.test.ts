import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UserError } from '../ir/errors.js'
import { decodeModel, decodeSequenceProto, decodeTensorProto, encodeModel, encodeTensorProto } from './codec.js'
import { bigintOf, longOf, safeIntegerOf } from './int64.js'
import { changed, type ModelProto } from './messages.js'
import { countVarints, eachVarint, packVarints } from './packed.js'

const joined = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks)

describe('decoding', () => {
  it('takes list entries written one by one like packed ones, in the order of the file', () => {
    // int64_data: 1 alone, [2, 3] packed, 300 alone, 4 alone.
    const bytes = Buffer.from([0x38, 1, 0x3a, 2, 2, 3, 0x38, 0xac, 0x02, 0x38, 4])
    const proto = decodeTensorProto(bytes)
    const values: number[] = []
    eachVarint(proto.int64_data!, (i, low) => (values[i] = low))
    expect(values).toEqual([1, 2, 3, 300, 4])
    const again = decodeTensorProto(joined(encodeTensorProto(proto)))
    expect(joined(again.int64_data!)).toEqual(joined(proto.int64_data!))
  })

  it('takes packed dims', () => {
    expect(decodeTensorProto(Buffer.from([0x0a, 2, 3, 4])).dims?.map(bigintOf)).toEqual([3n, 4n])
  })

  it('merges a message that occurs twice', () => {
    const first = encodeModel({ graph: { name: 'a', node: [{ op_type: 'Relu' }] } })
    const second = encodeModel({ graph: { name: 'b', node: [{ op_type: 'Abs' }] } })
    const { graph } = decodeModel(joined([...first, ...second]))
    expect(graph?.name).toBe('b')
    expect(graph?.node?.map((node) => node.op_type)).toEqual(['Relu', 'Abs'])
  })

  it('keeps unknown fields of all messages', () => {
    // Field 200 of a tensor, as bytes; field 99 of the model, as a varint.
    const tensor = Buffer.from([0xc2, 0x0c, 2, 7, 8])
    const bytes = joined([
      Uint8Array.of(0x3a, tensor.length + 2, 0x2a, tensor.length),
      tensor,
      Uint8Array.of(0x98, 6, 1),
    ])
    const model = decodeModel(bytes)
    expect(model.graph?.initializer?.[0]?.$unknowns?.map((field) => [...field])).toEqual([[...tensor]])
    expect(joined(encodeModel(model)).equals(bytes)).toBe(true)
    expect(joined(encodeModel(changed(model, { doc_string: 'x' })))).toEqual(Buffer.from([0x32, 1, 0x78, ...bytes]))
  })

  it('gives tensor content as views of the file', () => {
    const content = new Uint8Array(10_000).fill(3)
    const bytes = joined(encodeModel({ graph: { initializer: [{ name: 'w', raw_data: content }] } }))
    const view = decodeModel(bytes).graph!.initializer![0]!.raw_data!
    expect(view.buffer).toBe(bytes.buffer)
    expect(Buffer.compare(view, content)).toBe(0)
  })

  it('reads sequences', () => {
    const bytes = Uint8Array.of(0x0a, 1, 0x73, 0x10, 1, 0x1a, 2, 0x10, 7)
    const sequence = decodeSequenceProto(bytes)
    expect([sequence.name, sequence.elem_type, sequence.tensor_values?.[0]?.data_type]).toEqual(['s', 1, 7])
  })

  const nested = (levels: number): Buffer => {
    // Type in sequence in type: 2 levels a step.
    let bytes = Buffer.alloc(0)
    const wrap = (field: number, inner: Buffer) =>
      joined([Uint8Array.of((field << 3) | 2), ...packVarints([inner.length]), inner])
    for (let level = 0; level < levels; level++) bytes = wrap(level % 2 === 0 ? 1 : 4, bytes)
    return wrap(7, wrap(13, wrap(2, bytes)))
  }

  it.each([
    ['cut off', Buffer.from([0x3a, 5, 0x0a]), /the data ends in the middle of a field/],
    ['a length beyond the end', Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 7]), /the data ends in the middle/],
    ['an endless varint', Buffer.alloc(64, 0xff), /not a readable ONNX model/],
    ['a text', Buffer.from('<html><body>404</body></html>'), /not a readable ONNX model/],
    ['a name that is no UTF-8', Buffer.from([0x12, 2, 0xff, 0xfe]), /a text is not valid UTF-8/],
    ['nesting beyond 100 levels', nested(200), /nested more than 100 levels/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeModel(bytes)).toThrow(UserError)
    expect(() => decodeModel(bytes)).toThrow(message)
  })

  it('refuses tens of megabytes of empty nodes before they fill the memory', () => {
    const nodes = Buffer.alloc(12_000_000, Uint8Array.of(0x0a, 0))
    const bytes = joined([Uint8Array.of(0x3a), ...packVarints([nodes.length]), nodes])
    expect(() => decodeModel(bytes)).toThrow('more fields than any model')
  })

  it('accepts nesting up to 100 levels', () => {
    expect(decodeModel(nested(97)).graph).toBeTruthy()
  })
})

describe('encoding', () => {
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.integer({ min: 4090, max: 20_000 }).map((n) => new Uint8Array(n).fill(n)),
  )
  const tensors = fc.array(fc.record({ name: fc.string({ unit: 'grapheme' }), raw_data: payload }), { maxLength: 6 })

  it('gives chunks whose concatenation decodes to the message, large payloads uncopied', () => {
    fc.assert(
      fc.property(tensors, tensors, fc.string({ maxLength: 200 }), (outer, inner, text) => {
        const model: ModelProto = {
          graph: {
            name: text,
            initializer: outer,
            node: [{ op_type: text, attribute: [{ g: { initializer: inner, doc_string: text.repeat(100) } }] }],
          },
        }
        const chunks = encodeModel(model)
        for (const { raw_data } of [...outer, ...inner]) {
          if (raw_data.length >= 4096) expect(chunks).toContain(raw_data)
        }
        const { graph } = decodeModel(joined(chunks))
        const shown = (list: typeof graph & object) =>
          (list.initializer ?? []).map((item) => [item.name, Buffer.from(item.raw_data ?? []).toString('hex')])
        expect(shown(graph!)).toEqual(shown({ initializer: outer }))
        expect(shown(graph!.node![0]!.attribute![0]!.g!)).toEqual(shown({ initializer: inner }))
        expect(graph!.node![0]!.attribute![0]!.g!.doc_string).toBe(text.repeat(100))
      }),
    )
  })
})

describe('64-bit numbers', () => {
  it('convert both ways', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(bigintOf(longOf(value))).toBe(value)
        const number = safeIntegerOf(longOf(value))
        expect(number === undefined ? !Number.isSafeInteger(Number(value)) : BigInt(number) === value).toBe(true)
      }),
    )
  })

  it('pack as varints', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })), (values) => {
        const list = packVarints(values)
        expect(countVarints(list)).toBe(values.length)
        const read: bigint[] = []
        eachVarint(list, (i, low, high) => (read[i] = (BigInt(high) << 32n) | BigInt(low)))
        expect(read).toEqual(values.map((value) => BigInt.asUintN(64, value)))
      }),
    )
  })

  it.each([
    ['cut off', [Uint8Array.of(1, 0x80)]],
    ['of more than ten bytes', [new Uint8Array(11).fill(0x80).with(10, 1)]],
  ])('are malformed when %s', (_, list) => {
    expect(countVarints(list)).toBeUndefined()
  })
})

import type Long from 'long'
import protobuf from 'protobufjs/minimal.js'
import { onnx } from './generated/onnx.js'
import type { TensorProto } from './messages.js'

/**
 * Decoder of TensorProto, the one message whose numeric lists can be as large as a model. It differs from the generated
 * one in this: the numeric *_data lists stay packed payloads, and entries written one by one, which a reader must accept
 * as well, are gathered into the same form in the order of the file.
 */

type Reader = InstanceType<typeof protobuf.Reader>
type ListField = 'float_data' | 'int32_data' | 'int64_data' | 'double_data' | 'uint64_data'

/** Field number -> name and the wire type of a single entry. */
const lists: ReadonlyMap<number, { readonly name: ListField; readonly wireType: number }> = new Map([
  [4, { name: 'float_data', wireType: 5 }],
  [5, { name: 'int32_data', wireType: 0 }],
  [7, { name: 'int64_data', wireType: 0 }],
  [10, { name: 'double_data', wireType: 1 }],
  [11, { name: 'uint64_data', wireType: 0 }],
])

/** A growing run of single entries. */
class Run {
  #bytes = Buffer.allocUnsafe(64)
  #length = 0

  add(entry: Uint8Array): void {
    if (this.#length + entry.length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(this.#bytes.length * 2 + entry.length)
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    this.#bytes.set(entry, this.#length)
    this.#length += entry.length
  }

  payload(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}

export function decodeTensor(
  source: Reader | Uint8Array,
  length?: number,
  _endTag?: number,
  depth = 0,
  target?: TensorProto | null,
): TensorProto {
  const message: TensorProto = target ?? new onnx.TensorProto()
  const reader = source instanceof protobuf.Reader ? source : protobuf.Reader.create(source)
  if (depth > protobuf.Reader.recursionLimit) throw new Error('max depth exceeded')
  const outerEnd = reader.len
  const end = length === undefined ? outerEnd : reader.pos + length
  if (end > outerEnd) throw new RangeError('index out of range')
  reader.len = end
  const runs = new Map<ListField, Run>()
  while (reader.pos < end) decodeField(reader, message, depth, runs)
  for (const name of runs.keys()) flush(message, name, runs)
  if (reader.pos !== end) throw new RangeError('index out of range')
  reader.len = outerEnd
  return message
}

function decodeField(reader: Reader, message: TensorProto, depth: number, runs: Map<ListField, Run>): void {
  const start = reader.pos
  const tag = reader.tag()
  const wireType = tag & 7
  const field = tag >>> 3
  const list = lists.get(field)
  if (list !== undefined && (wireType === 2 || wireType === list.wireType)) {
    if (wireType === 2) {
      // Entries that came one by one before this chunk stay before it.
      flush(message, list.name, runs)
      const payload = reader.bytes()
      if (payload.length > 0) append(message, list.name, payload)
      return
    }
    const entryStart = reader.pos
    reader.skipType(wireType)
    let run = runs.get(list.name)
    if (run === undefined) runs.set(list.name, (run = new Run()))
    run.add(reader.raw(entryStart, reader.pos))
    return
  }
  switch (tag) {
    case 0x08: // dims, one entry
      append(message, 'dims', reader.int64() as Long)
      return
    case 0x0a: {
      // dims, packed
      const dims = reader.int64s() as Long[]
      for (const dim of dims) append(message, 'dims', dim)
      return
    }
    case 0x10:
      message.data_type = reader.int32()
      return
    case 0x1a:
      message.segment = decodeInner(onnx.TensorProto.Segment, reader, depth, message.segment)
      return
    case 0x32:
      append(message, 'string_data', reader.bytes())
      return
    case 0x42:
      message.name = reader.stringVerify()
      return
    case 0x4a:
      message.raw_data = reader.bytes()
      return
    case 0x62:
      message.doc_string = reader.stringVerify()
      return
    case 0x6a:
      append(message, 'external_data', decodeInner(onnx.StringStringEntryProto, reader, depth))
      return
    case 0x70:
      message.data_location = reader.int32()
      return
    case 0x82:
      append(message, 'metadata_props', decodeInner(onnx.StringStringEntryProto, reader, depth))
      return
  }
  reader.skipType(wireType, depth, field)
  if (!reader.discardUnknown) append(message, '$unknowns', reader.raw(start, reader.pos))
}

type Repeated = ListField | 'dims' | 'string_data' | 'external_data' | 'metadata_props' | '$unknowns'

function append<K extends Repeated>(message: TensorProto, name: K, entry: NonNullable<TensorProto[K]>[number]): void {
  // An unset list is an empty one on the prototype, which all messages share.
  if (!Object.hasOwn(message, name)) {
    const isHidden = name === '$unknowns'
    Object.defineProperty(message, name, { value: [], enumerable: !isHidden, writable: true, configurable: true })
  }
  ;(message[name] as unknown[]).push(entry)
}

function flush(message: TensorProto, name: ListField, runs: Map<ListField, Run>): void {
  const run = runs.get(name)
  if (run === undefined) return
  append(message, name, run.payload())
  runs.delete(name)
}

type Decode<T> = (reader: Reader, length: number, end: undefined, depth: number, target?: T | null) => T

/** The generated decoders take the depth, and the message to merge into, behind their published parameters. */
function decodeInner<T>(type: { decode(reader: Reader): T }, reader: Reader, depth: number, target?: T | null): T {
  const decode = type.decode as unknown as Decode<T>
  return decode(reader, reader.size(), undefined, depth + 1, target ?? undefined)
}

import protobuf from 'protobufjs/minimal.js'
import { UserError } from '../ir/errors.js'
import { BoundedReader, TooManyFields } from './bounded-reader.js'
import { ChunkWriter } from './chunk-writer.js'
import { onnx } from './generated/onnx.js'
import type { MapProto, ModelProto, OptionalProto, SequenceProto, TensorProto } from './messages.js'
import { decodeTensor } from './tensor-codec.js'

// All decoders of messages that hold tensors look it up here.
onnx.TensorProto.decode = decodeTensor as typeof onnx.TensorProto.decode
// Subgraphs nest through node and attribute: C++ readers stop at the same depth, and so does the stack stay bounded.
protobuf.util.recursionLimit = 100
protobuf.Reader.recursionLimit = 100

/** A protobuf message is at most this many bytes. */
export const messageSizeLimit = 0x7fff_ffff

interface Decoder<T> {
  decode(reader: InstanceType<typeof protobuf.Reader>): T
}

function decode<T>(type: Decoder<T>, bytes: Uint8Array, what: string): T {
  // Over a Buffer, `bytes` fields are views.
  const reader = new BoundedReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  reader.discardUnknown = false
  try {
    return type.decode(reader)
  } catch (error) {
    if (isBug(error)) throw error
    if (error instanceof TooManyFields) {
      const remedy = 'check that the file is really an ONNX file'
      throw new UserError('too-large', `byte ${reader.pos}`, 'the file has more fields than any model', remedy)
    }
    const reason = error instanceof Error ? error.message : String(error)
    if (reason === 'max depth exceeded') {
      const remedy = 'flatten the subgraphs; readers of ONNX stop at that depth'
      throw new UserError('not-onnx', `byte ${reader.pos}`, 'messages are nested more than 100 levels deep', remedy)
    }
    const remedy = 'check that the file is complete and really an ONNX file'
    throw new UserError('not-onnx', `byte ${reader.pos}`, `not a readable ${what} (${plainReason(reason)})`, remedy)
  }
}

/** A TypeError is ours, save for the one by which the text decoder reports bytes that are not UTF-8. */
const isBug = (error: unknown) =>
  error instanceof TypeError && (error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA'

/** protobufjs' message without positions and capitals of its own. */
function plainReason(reason: string): string {
  if (/out of range|premature/i.test(reason)) return 'the data ends in the middle of a field'
  if (/encoded data was not valid|utf-?8/i.test(reason)) return 'a text is not valid UTF-8'
  return reason
}

/** Decodes the content of an ONNX file. Tensor payloads are views of `bytes`. Throws UserError('not-onnx'). */
export const decodeModel = (bytes: Uint8Array): ModelProto => decode(onnx.ModelProto, bytes, 'ONNX model')

/** Decodes a `.pb` file that holds one tensor. */
export const decodeTensorProto = (bytes: Uint8Array): TensorProto => decode(onnx.TensorProto, bytes, 'tensor')
export const decodeSequenceProto = (bytes: Uint8Array): SequenceProto => decode(onnx.SequenceProto, bytes, 'sequence')
export const decodeOptionalProto = (bytes: Uint8Array): OptionalProto => decode(onnx.OptionalProto, bytes, 'optional')
export const decodeMapProto = (bytes: Uint8Array): MapProto => decode(onnx.MapProto, bytes, 'map')

interface Encoder<T> {
  encode(message: T, writer: InstanceType<typeof protobuf.Writer>): unknown
}

function encode<T>(type: Encoder<T>, message: T): Uint8Array[] {
  const writer = new ChunkWriter()
  type.encode(message, writer)
  return writer.chunks()
}

/** Encodes a model as chunks to be written one after the other; large tensor payloads are the message's own views. */
export const encodeModel = (model: ModelProto): Uint8Array[] => encode(onnx.ModelProto, model)
export const encodeTensorProto = (tensor: TensorProto): Uint8Array[] => encode(onnx.TensorProto, tensor)
export const encodeSequenceProto = (sequence: SequenceProto): Uint8Array[] => encode(onnx.SequenceProto, sequence)
export const encodeOptionalProto = (optional: OptionalProto): Uint8Array[] => encode(onnx.OptionalProto, optional)
export const encodeMapProto = (map: MapProto): Uint8Array[] => encode(onnx.MapProto, map)

export const sizeOfChunks = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { describe, expect, it } from 'vitest'
import { toProto } from '../src/export/to-proto.js'
import { modelFromBytes } from '../src/import/read-model.js'
import type { Attribute } from '../src/ir/graph.js'
import { verifyGraph } from '../src/ir/verify.js'
import { decodeModel, encodeModel } from '../src/onnx/codec.js'
import { describeWithShared } from './shared-assets.js'

// Independent decoders of the format, older than our schema.
const require = createRequire(import.meta.url)
const { onnx: onnxProto } = require('onnx-proto') as { onnx: { ModelProto: { decode(bytes: Uint8Array): object } } }

const written = (bytes: Uint8Array, file: string) =>
  Buffer.concat(encodeModel(toProto(modelFromBytes(bytes, { file }))))

/** The model with every node, tensor and type message made anew by our codec: nothing is passed through as bytes. */
function writtenAnew(bytes: Uint8Array): Buffer {
  const model = modelFromBytes(bytes)
  for (const { attributes } of model.allNodes()) {
    for (const [name, { origin, ...attribute }] of attributes) attributes.set(name, attribute as Attribute)
  }
  return Buffer.concat(encodeModel(toProto(model)))
}

/** A message with all its fields, the unknown ones too, which a plain comparison would not look at. */
function plain(message: unknown): unknown {
  if (message instanceof Uint8Array) return Buffer.from(message).toString('base64')
  if (Array.isArray(message)) return message.map(plain)
  if (message === null || typeof message !== 'object') return message
  if ('low' in message && 'high' in message) return String(message)
  const unknowns = (message as { $unknowns?: Uint8Array[] }).$unknowns
  const fields = Object.entries(message)
    .filter(([, value]) => value != null && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => [key, plain(value)])
  return Object.fromEntries(unknowns === undefined ? fields : [...fields, ['$unknowns', plain(unknowns)]])
}

function expectLossless(path: string): void {
  const bytes = readFileSync(path)
  const result = written(bytes, path)
  // Equal bytes are equal in every field; where a writer of another habit made the file, compare field by field.
  if (!result.equals(bytes)) expect(plain(decodeModel(result))).toEqual(plain(decodeModel(bytes)))
}

describeWithShared('import, then export', (assets) => {
  it.each([...assets.models(), ...assets.trained()].map(({ name, path }) => [name, path]))(
    '%s is lossless',
    (_, path) => {
      expectLossless(path)
      expect(verifyGraph(modelFromBytes(readFileSync(path), { file: path }))).toEqual([])
    },
  )

  it('is lossless for every conformance case', () => {
    for (const { model } of assets.conformanceCases()) {
      expectLossless(model)
      expect(verifyGraph(modelFromBytes(readFileSync(model), { file: model }))).toEqual([])
    }
  })

  it.each(['qlstm_scan.onnx', 'gtcrn.onnx', 'mnist_cntk.onnx', 'svc_har.onnx'])(
    '%s reads the same elsewhere, its attributes written anew',
    (name) => {
      const bytes = readFileSync(assets.file('models', name))
      const result = writtenAnew(bytes)
      expect(onnxProto.ModelProto.decode(result)).toEqual(onnxProto.ModelProto.decode(bytes))
      expect(fromBinary(ModelProtoSchema, result)).toEqual(fromBinary(ModelProtoSchema, bytes))
    },
  )
})

describe('the comparison', () => {
  it('sees unknown fields', () => {
    const first = decodeModel(Uint8Array.of(0x98, 6, 1))
    const second = decodeModel(Uint8Array.of(0x98, 6, 2))
    expect(plain(first)).not.toEqual(plain(second))
  })
})

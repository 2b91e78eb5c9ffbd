import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mutateBytes, mutateFields, seededRandom } from '../bench/mutations.mjs'
import { toProto } from '../src/export/to-proto.js'
import { modelFromBytes } from '../src/import/read-model.js'
import { UserError } from '../src/ir/errors.js'
import { verifyGraph } from '../src/ir/verify.js'
import { decodeModel, encodeModel } from '../src/onnx/codec.js'
import { longOf } from '../src/onnx/int64.js'
import type { GraphProto } from '../src/onnx/messages.js'
import { packFloats, packVarints } from '../src/onnx/packed.js'
import {
  bytesOf,
  externalTensor,
  fileBytes,
  floatAttribute,
  floatType,
  graphAttribute,
  info,
  node,
  smallGraph,
  smallModel,
  tensor,
} from './model-protos.js'

// The long run of the same is bench/fuzz-import.mjs.

const branch = (opType: string): GraphProto => ({
  name: opType,
  node: [node(opType, ['x'], ['r'])],
  output: [{ name: 'r' }],
})

const sources = [
  smallModel(),
  smallModel(
    smallGraph({
      input: [info('x', floatType('n', 3)), { name: 'c', type: { tensor_type: { elem_type: 9, shape: { dim: [] } } } }],
      initializer: [tensor('w'), tensor('v', { raw_data: null, float_data: packFloats([1, 2, 3, 4, 5, 6]) })],
      sparse_initializer: [
        {
          values: tensor('s', { dims: [longOf(1)], raw_data: bytesOf(1) }),
          indices: { dims: [longOf(1)], data_type: 7, int64_data: packVarints([1]) },
          dims: [longOf(4)],
        },
      ],
      node: [
        node(
          'If',
          ['c'],
          ['t'],
          [graphAttribute('then_branch', branch('Abs')), graphAttribute('else_branch', branch('Neg'))],
        ),
        node('LeakyRelu', ['t'], ['u'], [floatAttribute('alpha', 0.1)]),
        node('F', ['u'], ['y'], [], { domain: 'f' }),
      ],
    }),
    {
      functions: [
        {
          name: 'F',
          domain: 'f',
          input: ['a'],
          output: ['b'],
          attribute: ['k'],
          node: [node('Abs', ['a'], ['b'])],
          opset_import: [{ domain: '', version: longOf(17) }],
        },
      ],
      opset_import: [
        { domain: '', version: longOf(17) },
        { domain: 'f', version: longOf(1) },
      ],
    },
  ),
  smallModel(smallGraph({ initializer: [externalTensor('w', { location: 'absent.bin', offset: '0' })] })),
].map(fileBytes)

/** Refused with one line, or accepted and then sound: verified, exported, read again. */
function importOf(bytes: Uint8Array): 'accepted' | 'refused' {
  try {
    modelFromBytes(bytes, { file: join(import.meta.dirname, 'm.onnx') })
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    expect(error.line()).not.toContain('\n')
    return 'refused'
  }
  const model = modelFromBytes(bytes, { file: join(import.meta.dirname, 'm.onnx') })
  expect(verifyGraph(model)).toEqual([])
  modelFromBytes(Buffer.concat(encodeModel(toProto(model))), { file: join(import.meta.dirname, 'm.onnx') })
  return 'accepted'
}

describe('mutated files are accepted or refused', () => {
  const source = fc.constantFrom(...sources)
  const seed = fc.integer({ min: 0, max: 2 ** 31 })

  it('bytes', () => {
    fc.assert(
      fc.property(source, seed, (bytes, number) => {
        importOf(mutateBytes(bytes, seededRandom(number)))
      }),
      { numRuns: 1500 },
    )
  })

  it('fields', () => {
    const codec = { decodeModel, encodeModel, longOf }
    const counts = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(source, seed, (bytes, number) => {
        counts[importOf(mutateFields(bytes, seededRandom(number), codec))] += 1
      }),
      { numRuns: 1500 },
    )
    // Mutations that all fail, or all pass, would prove nothing.
    expect(counts.accepted).toBeGreaterThan(150)
    expect(counts.refused).toBeGreaterThan(150)
  })

  it('any bytes at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        importOf(bytes)
      }),
    )
  })
})

describe('fixtures', () => {
  const folder = join(import.meta.dirname, '../fixtures')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.onnx'))

  it.each(files)('%s cut off anywhere is refused', (name) => {
    const bytes = readFileSync(join(folder, name))
    const size = statSync(join(folder, name)).size
    for (let i = 1; i <= 50; i++) expect(importOf(bytes.subarray(0, Math.floor((size * i) / 51)))).toBe('refused')
  })
})

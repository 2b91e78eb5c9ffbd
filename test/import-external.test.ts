import { linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { modelFromBytes, readModel } from '../src/import/read-model.js'
import { UserError } from '../src/ir/errors.js'
import type { Model } from '../src/ir/graph.js'
import { longOf } from '../src/onnx/int64.js'
import type { GraphProto, TensorProto } from '../src/onnx/messages.js'
import {
  bytesOf,
  externalTensor,
  fileBytes,
  graphAttribute,
  node,
  smallGraph,
  smallModel,
  tensor,
} from './model-protos.js'

let folder = ''
const file = () => join(folder, 'm.onnx')

beforeAll(() => {
  const outside = realpathSync(mkdtempSync(join(tmpdir(), 'onnx-tailor-external-')))
  folder = join(outside, 'model')
  mkdirSync(join(folder, 'sub'), { recursive: true })
  writeFileSync(join(outside, 'secret.bin'), Buffer.alloc(64))
  writeFileSync(join(folder, 'w.bin'), Buffer.from(bytesOf(...Array.from({ length: 32 }, (_, i) => i)).buffer))
  writeFileSync(join(folder, 'sub', 'w.bin'), Buffer.alloc(24, 1))
  writeFileSync(join(folder, 'two-names.bin'), Buffer.alloc(24))
  linkSync(join(folder, 'two-names.bin'), join(folder, 'other-name.bin'))
  symlinkSync('w.bin', join(folder, 'link.bin'))
  symlinkSync('..', join(folder, 'up'))
  symlinkSync('sub', join(folder, 'same'))
})
afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const withTensors = (...tensors: TensorProto[]) => fileBytes(smallModel(smallGraph({ initializer: tensors })))
const read = (...tensors: TensorProto[]): Model => modelFromBytes(withTensors(...tensors), { file: file() })

function lineOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof UserError) return error.line()
    throw error
  }
  return 'accepted'
}

describe('external data', () => {
  it.each([
    ['by location alone', { location: 'w.bin' }, 0],
    ['at an offset', { location: 'w.bin', offset: '8', length: '24' }, 2],
    ['in a folder below', { location: 'sub/w.bin', length: '24' }, 2.3694278276172396e-38],
    ['by a path that stays inside', { location: 'sub/../w.bin', offset: '4' }, 1],
    ['below a link that stays inside', { location: 'same/w.bin' }, 2.3694278276172396e-38],
  ])('is read on demand: %s', (_, entries, first) => {
    const model = read(externalTensor('w', entries))
    const weight = [...model.graph.initializers][0]!.tensor!
    expect(model.usesExternalData).toBe(true)
    expect(weight.externalFile?.path.startsWith(folder)).toBe(true)
    expect(weight.byteLength).toBe(24)
    expect(weight.numbers()[0]).toBe(first)
    // Not held: each reading is a fresh copy.
    expect(weight.bytes()).not.toBe(weight.bytes())
  })

  it.each([
    ['an absolute location', { location: '/etc/passwd' }, /absolute location/],
    ['an absolute location of Windows', { location: 'C:\\w.bin' }, /absolute location/],
    ['a location of a Windows share', { location: '\\\\host\\w.bin' }, /absolute location/],
    ['a climbing location', { location: '../secret.bin' }, /outside the model's folder/],
    ['a location that climbs in the middle', { location: 'sub/../../secret.bin' }, /outside the model's folder/],
    ['a location that climbs by backslashes', { location: '..\\secret.bin' }, /outside the model's folder/],
    ['a folder that is a link to the outside', { location: 'up/secret.bin' }, /outside the model's folder/],
    ['a link', { location: 'link.bin' }, /a link/],
    ['a file of two names', { location: 'two-names.bin' }, /several hard links/],
    ['a folder', { location: 'sub' }, /is no file/],
    ['a file that does not exist', { location: 'absent.bin' }, /cannot be read/],
    ['the special location of a runtime', { location: '*/_ORT_MEM_ADDR_/*', offset: '4096' }, /cannot be read/],
    ['a location with a zero byte', { location: 'w.bin\0.txt' }, /zero byte/],
    ['no location', { offset: '0' }, /has no location/],
    ['an empty location', { location: '' }, /has no location/],
    ['an offset past the end', { location: 'w.bin', offset: '129' }, /which has 128/],
    ['a range past the end', { location: 'w.bin', offset: '108', length: '24' }, /which has 128/],
    ['no length where the rest is too short', { location: 'w.bin', offset: '108' }, /which has 128/],
    ['a length beyond 64 bits', { location: 'w.bin', length: String(2n ** 64n + 24n) }, /which has 128/],
    ['a negative offset', { location: 'w.bin', offset: '-8' }, /offset "-8", not a decimal/],
    ['an offset in words', { location: 'w.bin', offset: 'NaN' }, /not a decimal/],
    ['an offset in hex', { location: 'w.bin', offset: '0x10' }, /not a decimal/],
    ['an offset with a space', { location: 'w.bin', offset: ' 8' }, /not a decimal/],
    ['an offset of a thousand digits', { location: 'w.bin', offset: '1'.repeat(1000) }, /not a decimal/],
    ['another length than dims say', { location: 'w.bin', length: '20' }, /24 bytes by type and dims/],
  ])('is refused: %s', (_, entries, message) => {
    const line = lineOf(() => read(externalTensor('w', entries)))
    expect(line).toMatch(message)
    expect(line).toMatch(/m\.onnx: initializer "w": /)
  })

  it('is refused with content in the file as well, for strings, and with keys twice', () => {
    const entries = { location: 'w.bin' }
    expect(lineOf(() => read(externalTensor('w', entries, { raw_data: bytesOf(1) })))).toMatch(
      /both inside and outside/,
    )
    expect(lineOf(() => read(externalTensor('w', entries, { data_type: 8 })))).toMatch(/holds strings/)
    const twice = externalTensor('w', entries)
    twice.external_data!.push({ key: 'location', value: '../secret.bin' })
    expect(lineOf(() => read(twice))).toMatch(/two entries "location"/)
  })

  it('keys that nobody knows are noted, whatever their name', () => {
    const model = read(externalTensor('w', { location: 'w.bin', __proto__x: '1', constructor: 'y' }))
    expect(model.warnings).toHaveLength(2)
  })

  it.each([
    ['apart', ['0', '24'], 'accepted'],
    ['the same', ['8', '8'], 'accepted'],
    ['partly the same', ['0', '20'], /overlaps initializer "w"/],
    ['partly the same, in the other order', ['20', '0'], /overlaps initializer "v"/],
  ])('slices may be apart or the same: %s', (_, [first, second], verdict) => {
    const at = (name: string, offset: string) => externalTensor(name, { location: 'w.bin', offset, length: '24' })
    expect(lineOf(() => read(at('w', first!), at('v', second!)))).toMatch(verdict)
  })

  it('a slice inside another at the same offset is an overlap', () => {
    const short = externalTensor('v', { location: 'w.bin' }, { dims: [longOf(2)] })
    expect(lineOf(() => read(externalTensor('w', { location: 'w.bin' }), short))).toMatch(/overlaps/)
  })

  it('the rules hold for attributes, subgraphs and training graphs too', () => {
    const bad = externalTensor('', { location: '../secret.bin' })
    const constant = node('Constant', [], ['k'], [{ name: 'value', type: 4, t: bad }])
    const inGraph = (more: GraphProto, training?: GraphProto) =>
      lineOf(() =>
        modelFromBytes(
          fileBytes(smallModel(smallGraph(more), training ? { training_info: [{ algorithm: training }] } : {})),
          { file: file() },
        ),
      )
    expect(inGraph({ node: [constant, node('Relu', ['x'], ['y'])] })).toMatch(/node "k_node" \(Constant\), attribute/)
    const body = graphAttribute('body', { name: 'b', node: [constant], output: [{ name: 'k' }] })
    const custom = node('Custom', ['x'], ['y'], [body], {})
    expect(inGraph({ node: [custom] })).toMatch(/attribute "body": node "k_node"/)
    expect(inGraph({}, { name: 'step', initializer: [externalTensor('z', { location: '/z' })] })).toMatch(
      /training graph/,
    )
  })

  it('needs a folder', () => {
    expect(lineOf(() => modelFromBytes(withTensors(externalTensor('w', { location: 'w.bin' }))))).toMatch(
      /has no folder/,
    )
    const model = modelFromBytes(withTensors(externalTensor('w', { location: 'w.bin' })), { folder })
    expect(model.usesExternalData).toBe(true)
  })

  it('is no part of models that do not use it', () => {
    expect(read(tensor('w')).usesExternalData).toBe(false)
  })

  it('that becomes a link after import is not followed', () => {
    const path = join(folder, 'swapped.bin')
    writeFileSync(path, Buffer.alloc(24))
    const model = read(externalTensor('w', { location: 'swapped.bin' }))
    rmSync(path)
    symlinkSync('../secret.bin', path)
    expect(() => [...model.graph.initializers][0]!.tensor!.bytes()).toThrow()
    rmSync(path)
  })
})

describe('files', () => {
  it.each([
    ['does not exist', () => join(folder, 'none.onnx'), 'not-found'],
    ['is a folder', () => folder, 'unreadable'],
    ['is empty', () => join(folder, 'empty.onnx'), 'not-onnx'],
  ])('a path that %s', async (_, path, code) => {
    writeFileSync(join(folder, 'empty.onnx'), '')
    const error = await readModel(path()).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'UserError', code, file: path() })
  })
})

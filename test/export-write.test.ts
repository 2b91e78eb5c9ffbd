import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stageModel, writeModel } from '../src/export/write-model.js'
import { readModel } from '../src/import/read-model.js'
import { Patch } from '../src/ir/patch.js'
import { Tensor } from '../src/ir/tensor.js'
import { longOf } from '../src/onnx/int64.js'
import type { ModelProto } from '../src/onnx/messages.js'
import { bytesOf, externalTensor, fileBytes, info, node, smallGraph, smallModel, tensor } from './model-protos.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'onnx-tailor-write-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string) => join(folder, name)

async function readBack(model: ModelProto, name = 'in.onnx') {
  writeFileSync(at(name), fileBytes(model))
  return readModel(at(name))
}

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

/** Three external tensors, two of them the same slice, and an inline one. */
function externalModel(): ModelProto {
  writeFileSync(at('weights.bin'), Buffer.from(bytesOf(...Array.from({ length: 4096 }, (_, i) => i)).buffer))
  const large = { dims: [longOf(1024)] }
  return smallModel(
    smallGraph({
      initializer: [
        externalTensor('a', { location: 'weights.bin', offset: '4096', length: '4096', checksum: 'x' }, large),
        tensor('w'),
        externalTensor('b', { location: 'weights.bin', offset: '4096' }, large),
        externalTensor('c', { location: 'weights.bin', offset: '0', length: '24' }),
      ],
    }),
  )
}

describe('writing', () => {
  it('gives size and digest, and leaves nothing else', async () => {
    const bytes = fileBytes(smallModel())
    const result = await writeModel(await readBack(smallModel()), at('out.onnx'))
    expect(readFileSync(at('out.onnx')).equals(bytes)).toBe(true)
    expect(result).toEqual({
      bytes: bytes.length,
      sha256: sha256(at('out.onnx')),
      files: [{ path: at('out.onnx'), bytes: bytes.length }],
    })
    expect(readdirSync(folder).sort()).toEqual(['in.onnx', 'out.onnx'])
  })

  it('replaces an old result, and a link rather than what it points to', async () => {
    const model = await readBack(smallModel())
    writeFileSync(at('precious'), 'keep')
    symlinkSync('precious', at('out.onnx'))
    await writeModel(model, at('out.onnx'))
    await writeModel(model, at('out.onnx'))
    expect(readFileSync(at('precious'), 'utf8')).toBe('keep')
    expect(readFileSync(at('out.onnx')).equals(fileBytes(smallModel()))).toBe(true)
  })

  it('never touches the input, under any name', async () => {
    const model = await readBack(smallModel())
    symlinkSync('in.onnx', at('alias.onnx'))
    mkdirSync(at('sub'))
    for (const path of [at('in.onnx'), at('sub/../in.onnx'), at('alias.onnx')]) {
      await expect(writeModel(model, path)).rejects.toMatchObject({ code: 'usage' })
    }
    expect(readFileSync(at('in.onnx')).equals(fileBytes(smallModel()))).toBe(true)
  })

  it.each([
    ['a folder that does not exist', () => at('none/out.onnx'), 'write-failed'],
    ['a folder in its place', () => at('sub'), 'write-failed'],
  ])('reports %s', async (_, path, code) => {
    mkdirSync(at('sub'))
    await expect(writeModel(await readBack(smallModel()), path())).rejects.toMatchObject({ name: 'UserError', code })
  })

  it('leaves nothing when aborted', async () => {
    const model = await readBack(externalModel())
    const before = readdirSync(folder).sort()
    const reason = new Error('stop')
    await expect(writeModel(model, at('out.onnx'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    // Abort in the middle: after the first few checks.
    let checks = 0
    const signal = {
      get aborted() {
        return checks > 2
      },
      reason,
      throwIfAborted() {
        if (++checks > 2) throw reason
      },
    } as unknown as AbortSignal
    await expect(writeModel(model, at('out.onnx'), { signal })).rejects.toBe(reason)
    expect(readdirSync(folder).sort()).toEqual(before)
  })

  it('leaves nothing when a data file is cut off meanwhile', async () => {
    const model = await readBack(externalModel())
    truncateSync(at('weights.bin'), 100)
    await expect(writeModel(model, at('out.onnx'))).rejects.toMatchObject({ code: 'external-data' })
    expect(readdirSync(folder).sort()).toEqual(['in.onnx', 'weights.bin'])
  })
})

describe('staging', () => {
  it('gives a file that can be read before it is at its place', async () => {
    const staged = await stageModel(await readBack(externalModel()), at('out.onnx'))
    expect(readdirSync(folder)).not.toContain('out.onnx')
    const model = await readModel(staged.path)
    expect([...model.graph.initializers][0]!.tensor!.numbers()[0]).toBe(1024)
    expect(sha256(staged.path)).toBe(staged.sha256)
    await staged.commit()
    await staged.discard()
    expect(readdirSync(folder).sort()).toEqual(['in.onnx', 'out.onnx', 'out.onnx.data', 'weights.bin'])
    expect(sha256(at('out.onnx'))).toBe(staged.sha256)
  })

  it('leaves nothing when discarded', async () => {
    const staged = await stageModel(await readBack(smallModel()), at('out.onnx'))
    await staged.discard()
    expect(readdirSync(folder)).toEqual(['in.onnx'])
  })
})

describe('external data', () => {
  it('goes into a file of our own name, aligned, equal slices once', async () => {
    const model = await readBack(externalModel())
    const result = await writeModel(model, at('out.onnx'))
    expect(result.files.map(({ path }) => path)).toEqual([at('out.onnx'), at('out.onnx.data')])
    expect(result.files[1]!.bytes).toBe(statSync(at('out.onnx.data')).size)
    const copy = await readModel(at('out.onnx'))
    const [before, after] = [model, copy].map((one) =>
      [...one.graph.initializers].map(({ name, tensor: t }) => [name, t!] as const),
    )
    for (const [i, [name, content]] of after!.entries()) {
      const [oldName, old] = before![i]!
      expect(name).toBe(oldName)
      expect(Buffer.compare(content.bytes(), old.bytes())).toBe(0)
      expect(content.externalFile === undefined).toBe(old.externalFile === undefined)
      expect((content.externalFile?.offset ?? 0) % 4096).toBe(0)
      if (content.externalFile) expect(content.externalFile.path).toBe(at('out.onnx.data'))
    }
    expect(statSync(at('out.onnx.data')).size).toBe(4096 + 24)
  })

  it('is written the same by every run, and by a run on the result', async () => {
    const model = await readBack(externalModel())
    await writeModel(model, at('one.onnx'))
    mkdirSync(at('two'))
    await writeModel(model, at('two/one.onnx'))
    mkdirSync(at('three'))
    await writeModel(await readModel(at('two/one.onnx')), at('three/one.onnx'))
    for (const name of ['one.onnx', 'one.onnx.data']) {
      expect(sha256(at(name))).toBe(sha256(at(`two/${name}`)))
      expect(sha256(at(name))).toBe(sha256(at(`three/${name}`)))
    }
  })

  it('never overwrites the data it is read from', async () => {
    const proto = externalModel()
    for (const item of proto.graph!.initializer!) {
      for (const entry of item.external_data ?? []) if (entry.key === 'location') entry.value = 'out.onnx.data'
    }
    writeFileSync(at('out.onnx.data'), readFileSync(at('weights.bin')))
    const before = sha256(at('out.onnx.data'))
    const model = await readBack(proto)
    await expect(writeModel(model, at('out.onnx'))).rejects.toMatchObject({ code: 'usage' })
    expect(sha256(at('out.onnx.data'))).toBe(before)
  })

  it('takes in weights that a pass made, and leaves small ones in the model', async () => {
    const model = await readBack(externalModel())
    const patch = new Patch(model)
    const large = Tensor.float32(Array.from({ length: 600 }, (_, i) => i))
    const added = ['large', 'small'].map((name) => {
      const value = patch.constant(model.graph, name === 'large' ? large : Tensor.float32([1]), name)
      return value.name
    })
    await writeModel(model, at('out.onnx'))
    const copy = await readModel(at('out.onnx'))
    const isOutside = new Map(
      [...copy.graph.initializers].map(({ name, tensor: t }) => [name, t!.externalFile !== undefined]),
    )
    expect(added.map((name) => isOutside.get(name))).toEqual([true, false])
    expect(isOutside.get('w')).toBe(false)
  })

  it('follows views of external tensors without reading them', async () => {
    const model = await readBack(externalModel())
    const value = [...model.graph.initializers].find(({ name }) => name === 'a')!
    value.tensor = value.tensor!.reshaped([32, 32])
    value.name = 'renamed'
    await writeModel(model, at('out.onnx'))
    const copy = await readModel(at('out.onnx'))
    const content = [...copy.graph.initializers][0]!
    expect([content.name, content.tensor!.dims, content.tensor!.externalFile !== undefined]).toEqual([
      'renamed',
      [32, 32],
      true,
    ])
    expect(content.tensor!.numbers()[5]).toBe(1029)
  })

  it('of attributes, functions and training graphs comes along', async () => {
    writeFileSync(at('weights.bin'), Buffer.from(bytesOf(...Array.from({ length: 64 }, (_, i) => i)).buffer))
    const slice = (i: number) => externalTensor('', { location: 'weights.bin', offset: String(24 * i), length: '24' })
    const constant = (i: number, name: string) =>
      node('Constant', [], [name], [{ name: 'value', type: 4, t: slice(i) }])
    const graph = smallGraph({ node: [constant(0, 'k'), node('Add', ['k', 'w'], ['y'])], output: [info('y')] })
    const model = await readBack(
      smallModel(graph, {
        functions: [
          { name: 'F', domain: 'f', output: ['k'], node: [constant(1, 'k')], opset_import: [{ version: longOf(17) }] },
        ],
        training_info: [{ algorithm: { name: 'step', initializer: [{ ...slice(2), name: 'z' }] } }],
      }),
    )
    await writeModel(model, at('out.onnx'))
    rmSync(at('weights.bin'))
    const copy = await readModel(at('out.onnx'))
    const first = [...copy.allNodes()]
      .filter(({ opType }) => opType === 'Constant')
      .map((item) => item.tensor('value')!)
    expect(first.map((content) => content.numbers()[0])).toEqual([0, 6])
    expect(statSync(at('out.onnx.data')).size).toBe(2 * 4096 + 24)
  })

  it('loads and runs in onnxruntime', async () => {
    const model = await readBack(externalModel())
    await writeModel(model, at('out.onnx'))
    rmSync(at('weights.bin'))
    const session = await InferenceSession.create(at('out.onnx'))
    const { y } = await session.run({ x: new OrtTensor('float32', [-1, -2, -3, -4, -5, 0], [2, 3]) })
    expect([...(y!.data as Float32Array)]).toEqual([0, 0, 0, 0, 0, 6])
    await session.release()
  })

  it('is made for a model that is too large for one file', async () => {
    const large = tensor('w', { dims: [longOf(2048)], raw_data: new Uint8Array(8192).fill(1) })
    const model = await readBack(smallModel(smallGraph({ initializer: [large, tensor('v')] })))
    const result = await writeModel(model, at('out.onnx'), { inlineLimit: 4096 })
    expect(result.files[1]?.bytes).toBe(8192)
    const copy = await readModel(at('out.onnx'))
    const [w, v] = [...copy.graph.initializers]
    expect([w!.tensor!.externalFile !== undefined, v!.tensor!.externalFile !== undefined]).toEqual([true, false])
    expect(Buffer.compare(w!.tensor!.bytes(), large.raw_data!)).toBe(0)
  })
})

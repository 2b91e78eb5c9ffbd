import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { modelFiles, namesOf } from './model-files.js'

const root = mkdtempSync(join(tmpdir(), 'model-files-'))
for (const path of ['b.onnx', 'a.onnx', 'sub/c.onnx', '.a.onnx.x1Y2z3/a.onnx', 'sub/notes.txt', 'out/models/a.onnx']) {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), '')
}
const from = (...paths: string[]) => paths.map((path) => join(root, path))

test.each<[string, string[], string | undefined, string[]]>([
  ['a folder, what is hidden left out', [''], undefined, ['a.onnx', 'b.onnx', 'out/models/a.onnx', 'sub/c.onnx']],
  ['a folder without the one that is written to', [''], 'out', ['a.onnx', 'b.onnx', 'sub/c.onnx']],
  ['a pattern', ['*.onnx'], undefined, ['a.onnx', 'b.onnx']],
  ['a pattern over folders', ['**/*.onnx'], 'out', ['a.onnx', 'b.onnx', 'sub/c.onnx']],
  ['files, one of them twice', ['b.onnx', 'a.onnx', 'b.onnx'], undefined, ['b.onnx', 'a.onnx']],
  ['a file that is not there is left to whoever reads it', ['none.onnx'], undefined, ['none.onnx']],
])('%s', async (_, paths, without, expected) => {
  const files = await modelFiles(from(...paths), without === undefined ? undefined : join(root, without))
  expect(files).toEqual(from(...expected))
})

test.each([
  ['sub/*.tflite', 'no file fits'],
  ['sub/none', undefined],
])('%s', async (path, message) => {
  if (message === undefined) expect(await modelFiles(from(path))).toEqual(from(path))
  else await expect(modelFiles(from(path))).rejects.toThrow(message)
})

test.each<[string[], string[]]>([
  [
    ['zoo/a.onnx', 'zoo/sub/b.onnx'],
    ['a', 'sub/b'],
  ],
  [
    ['x/zoo/a.onnx', 'y/zoo/a.onnx'],
    ['x/zoo/a', 'y/zoo/a'],
  ],
  [['zoo/only.onnx'], ['only']],
  [
    ['zoo/a', 'zoo/a.b.onnx'],
    ['a', 'a.b'],
  ],
  [
    ['zoo/a/b.onnx', 'zoo/a.onnx'],
    ['a/b', 'a'],
  ],
  [
    ['zoo/a', 'zoo/a.onnx'],
    ['a', 'a.onnx'],
  ],
])('names of %j', (files, names) => expect(namesOf(files)).toEqual(names))

import { test, expect } from 'vitest'
import { readFileSync } from 'node:fs'
import { modelFromBytes } from '../src/import/read-model.js'
import { toProto } from '../src/export/to-proto.js'
import { encodeModel } from '../src/onnx/codec.js'
import { sharedAssets } from './shared-assets.js'
test('imp', async () => {
  const files = [...sharedAssets!.models().map(f => f.path),...sharedAssets!.trained().map(f => f.path), ...sharedAssets!.conformanceCases().map(c => c.model)]
  let same = 0
  let dup = 0
  for (let k = 0; k < 2; k++)
  for (const path of files) {
    const bytes = readFileSync(path)
    const t = performance.now()
    const m = modelFromBytes(bytes, { file: path })
    const t1 = performance.now()
    const p = toProto(m)
    const t2 = performance.now()
    const ch = encodeModel(p)
    const t3 = performance.now()
    if (m.fileNames.size) dup++
    if (Buffer.concat(ch).equals(bytes)) same++
    else console.log(path)
    if (t3 - t > 15) console.log(k, path, (t1-t).toFixed(1), (t2-t1).toFixed(1), (t3-t2).toFixed(1))
  }
  console.log(files.length, same, dup)
})

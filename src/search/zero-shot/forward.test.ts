import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { buildModel } from '../../ir/build.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor } from '../../ir/tensor.js'
import { Runtime } from '../../runtime/session.js'
import { feedsOf, forward, normalFeeds } from './forward.js'

const runtime = new Runtime()
const folder = mkdtempSync(join(tmpdir(), 'forward-'))
afterAll(() => {
  runtime.close()
  rmSync(folder, { recursive: true })
})

/** y = x w with a weight [3, 2]. */
const product = (weight: Tensor) => {
  const model = buildModel((g) => g.output(g.op('MatMul', [g.input('x', 'float32', [2, 3]), g.constant(weight)]), 'y'))
  inferTypes(model)
  return model
}

const values = [1, 2, 3, 4, 5, 6]

describe('a forward pass', () => {
  test('runs a model whose weights lie outside its file', async () => {
    const path = join(folder, 'weights.bin')
    const bytes = new Uint8Array(Float32Array.from(values).buffer)
    writeFileSync(path, bytes)
    const source = { byteLength: bytes.byteLength, read: () => bytes, file: { path, offset: 0 } }
    const model = product(Tensor.fromSource('float32', [3, 2], source))
    model.usesExternalData = true
    const outputs = await forward(
      runtime,
      model,
      feedsOf(model, 1, () => 1),
    )
    expect(Array.from(outputs.get('y')!.numbers())).toEqual([9, 12, 9, 12])
  })

  test('says what the runtime does not take', async () => {
    const model = buildModel((g) => g.output(g.op('NoSuchOperator', [g.input('x', 'float32', [1])]), 'y'))
    await expect(forward(runtime, model, new Map())).rejects.toMatchObject({ code: 'invalid-model' })
  })
})

describe('inputs', () => {
  test('are drawn for floats alone, by seed', () => {
    const model = buildModel((g) => {
      const table = g.constant(Tensor.float32(values, [3, 2]))
      g.output(
        g.op('Add', [g.op('Gather', [table, g.input('at', 'int64', [4])]), g.input('x', 'float32', [4, 2])]),
        'y',
      )
    })
    inferTypes(model)
    const feeds = normalFeeds(model, 3)
    expect(Array.from(feeds.get('at')!.numbers()).every((at) => at >= 0 && at < 3)).toBe(true)
    expect(Array.from(feeds.get('x')!.numbers()).some((value) => !Number.isInteger(value))).toBe(true)
    const drawn = (seed: number) => Array.from(normalFeeds(model, seed).get('x')!.numbers())
    expect(drawn(3)).toEqual(Array.from(feeds.get('x')!.numbers()))
    expect(drawn(4)).not.toEqual(drawn(3))
  })
})

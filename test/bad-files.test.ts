import { rmSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { toProto } from '../src/export/to-proto.js'
import { readModel } from '../src/import/read-model.js'
import { UserError } from '../src/ir/errors.js'
import { verifyGraph } from '../src/ir/verify.js'
import { encodeModel } from '../src/onnx/codec.js'
import { describeWithShared } from './shared-assets.js'

describeWithShared('malformed and hostile files', (assets) => {
  const { folder, files } = assets.badFiles()
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(files.map((file) => [file.name, file.why, file] as const))(
    '%s: %s',
    async (_, __, { path, expect: verdict }) => {
      const outcome = await readModel(path).catch((error: unknown) => error)
      if (verdict === 'reject') {
        if (!(outcome instanceof UserError)) throw outcome instanceof Error ? outcome : new Error('accepted')
        // One line: file, place (or the file alone), what, remedy.
        expect(outcome.line()).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}: .+; .+$`))
        expect(outcome.line().length).toBeLessThan(400 + path.length)
        return
      }
      if (outcome instanceof Error) throw outcome
      const model = outcome as Awaited<ReturnType<typeof readModel>>
      expect(verifyGraph(model)).toEqual([])
      expect(encodeModel(toProto(model)).length).toBeGreaterThan(0)
    },
  )
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeModel } from '../../src/export/write-model.js'
import { readModel } from '../../src/import/read-model.js'
import { verifyGraph } from '../../src/ir/verify.js'
import { exactTolerance, roundingTolerance } from '../../src/runtime/compare.js'
import { verify } from '../../src/runtime/verify.js'
import { optimize } from '../../src/zoo/optimize.js'
import { describeWithShared } from '../shared-assets.js'

/** What other optimizers leave of a model, where their result loads and agrees. */
interface Peers {
  readonly original: { readonly total: number }
  readonly onnxsim?: { readonly total: number | null; readonly agrees?: boolean }
  readonly onnxslim?: { readonly total: number | null; readonly agrees?: boolean }
}

/**
 * Every public model through import, passes, export and onnxruntime: it agrees with the original, and no more nodes are left
 * than the best of the original and the peers. ONNX_TAILOR_RESULTS=1 writes bench/results/conformance-models.json.
 */
describeWithShared('public models', (assets) => {
  const peers = JSON.parse(readFileSync(assets.file('models', 'peers.json'), 'utf8')) as Record<string, Peers>
  const record: Record<string, unknown> = {}
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'models-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
    if (process.env['ONNX_TAILOR_RESULTS'] === undefined) return
    writeFileSync('bench/results/conformance-models.json', `${JSON.stringify(record, null, 2)}\n`)
  })

  test.each([...assets.models(), ...assets.trained()].map(({ name, path }) => [name, path]))(
    '%s',
    async (name, path) => {
      const model = await readModel(path)
      const interfaceOf = () =>
        [...model.graph.inputs.filter(({ tensor }) => !tensor), ...model.graph.outputs].map((value) => value.name)
      const [nodes, names] = [model.nodeCount, interfaceOf()]
      const { passes } = await optimize(model)
      expect(verifyGraph(model)).toEqual([])
      expect(interfaceOf()).toEqual(names)
      const out = join(folder, name)
      const { bytes } = await writeModel(model, out)
      const isExact = passes.every(({ kind, fired }) => fired === 0 || kind === 'exact')
      const tolerance = isExact ? exactTolerance : roundingTolerance
      const found = await verify({ path }, { path: out }, await readModel(path), { samples: 1, tolerance })
      const worst = Math.max(0, ...found.outputs.map(({ maxAbs }) => maxAbs))
      record[name] = {
        verdict: found.verdict,
        ...(found.reason !== undefined && { reason: found.reason.replaceAll(assets.root, '').slice(0, 200) }),
        nodes,
        nodesLeft: model.nodeCount,
        bytes,
        largestDifference: worst,
        passes: Object.fromEntries(
          passes.filter(({ fired }) => fired > 0).map(({ name: pass, fired }) => [pass, fired]),
        ),
      }
      expect(found.verdict, found.reason).not.toBe('differs')
      if (found.verdict === 'unverified') expect(found.reason).toMatch(/does not take the original/)
      const peer = peers[name]
      if (peer === undefined) return
      const others = [peer.onnxsim, peer.onnxslim].flatMap((each) =>
        each?.agrees && each.total !== null ? [each.total] : [],
      )
      expect(model.nodeCount).toBeLessThanOrEqual(Math.min(peer.original.total, ...others))
    },
  )
})

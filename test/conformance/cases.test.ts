import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Runtime } from '../../src/runtime/session.js'
import { type ConformanceCase, describeWithShared } from '../shared-assets.js'
import { runCase, type Variant } from './run-case.js'

/**
 * Every official case that onnxruntime passes still passes after the clean-up, as it is and with its inputs turned into
 * constants. ONNX_TAILOR_RESULTS=1 writes bench/results/conformance-cases.json; ONNX_TAILOR_CASES=regexp runs some cases.
 */
describeWithShared('official conformance cases', (assets) => {
  const filter = new RegExp(process.env['ONNX_TAILOR_CASES'] ?? '')
  const passing = assets
    .conformanceCases()
    .filter(({ name, result }) => result.status.startsWith('pass') && filter.test(name))
  const record: Record<string, unknown> = {}
  let runtime: Runtime

  beforeAll(() => {
    runtime = new Runtime({ allowUnreleasedOpsets: true, timeoutMs: 60_000 })
  })
  afterAll(() => {
    runtime.close()
    if (process.env['ONNX_TAILOR_RESULTS'] === undefined) return
    mkdirSync('bench/results', { recursive: true })
    writeFileSync('bench/results/conformance-cases.json', `${JSON.stringify(record, null, 2)}\n`)
  })

  test.each<Variant>(['as it is', 'inputs as constants'])(
    'all pass: %s',
    async (variant) => {
      const failures: Record<string, string> = {}
      let ran = 0
      for (const each of passing.filter((one) => canBake(one, variant))) {
        ran += 1
        const reason = await runCase(each, variant, runtime).catch(
          (error: Error) => `threw ${error.stack?.slice(0, 400)}`,
        )
        if (reason !== undefined) failures[each.name] = reason
      }
      record[variant] = { cases: ran, passed: ran - Object.keys(failures).length, failures }
      expect(ran).toBeGreaterThan(0)
      expect(failures).toEqual({})
    },
    600_000,
  )
})

/** The light networks are fed one image; as a constant it would fold the whole network. */
const canBake = (each: ConformanceCase, variant: Variant): boolean =>
  variant === 'as it is' || !each.name.startsWith('light/')

import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { describeFailure } from '../src/cli/failure.js'
import { parser } from '../src/cli/parser.js'
import { estimate } from '../src/estimator/estimate.js'
import type { GroupValidation } from '../src/estimator/fit/validate.js'
import type { PredictorFile } from '../src/estimator/predictor.js'
import { loadTarget } from '../src/hw/target.js'
import { readModel } from '../src/import/read-model.js'
import { SeededRandom } from '../src/runtime/random.js'
import { describeWithShared } from './shared-assets.js'

/** Runs the command in this process. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let [out, err] = ['', '']
  const outSpy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text)
    return true
  })
  const errSpy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text)
    return true
  })
  try {
    await parser(args).parseAsync()
    return { code: 0, stdout: out, stderr: err }
  } catch (error) {
    const { code, text } = describeFailure(error)
    return { code, stdout: out, stderr: `${err}${text}` }
  } finally {
    outSpy.mockRestore()
    errSpy.mockRestore()
  }
}

const columns = 'type,cin,cout,size,k,us,fam'

/** A foreign table of a device with a roofline; microseconds. */
function foreignTable(channels: readonly number[], seed: number): string {
  const random = new SeededRandom(seed)
  const lines = [columns]
  for (const cin of channels) {
    for (const cout of channels) {
      for (const [size, k] of [
        [7, 1],
        [14, 1],
        [28, 1],
        [7, 3],
        [14, 3],
        [28, 3],
      ] as const) {
        const macs = size * size * cin * cout * k * k
        const us = (8 + macs / 5000 + (size * size * (cin + cout)) / 900) * (1 + 0.03 * (random.uniform() - 0.5))
        lines.push(`Normal,${cin},${cout},${size},${k},${us},${cin}x${cout}x${k}`)
      }
    }
  }
  return `${lines.join('\n')}\n`
}

const mapping = {
  mappingVersion: 1,
  description: 'a made-up device',
  device: 'made-up',
  processors: 4,
  text: {
    kernel: { column: 'type', values: { Normal: 'convolution' } },
    op: { value: 'Conv' },
    precision: { value: 'int8' },
    family: 'fam',
  },
  numbers: {
    batch: { value: 1 },
    inChannels: 'cin',
    outChannels: 'cout',
    inHeight: 'size',
    kernelHeight: 'k',
    latencyMs: { column: 'us', times: 0.001 },
  },
}

function files() {
  const folder = mkdtempSync(join(tmpdir(), 'fit-'))
  const path = (name: string, content: string | Buffer) => {
    const file = join(folder, name)
    writeFileSync(file, content)
    return file
  }
  return {
    folder,
    train: path('train.csv', foreignTable([8, 16, 32, 48, 96], 1)),
    test: path('test.csv.gz', gzipSync(foreignTable([12, 24, 64], 2))),
    mapping: path('mapping.json', JSON.stringify(mapping)),
    path,
  }
}

describe('optimize fit', () => {
  test('fits a foreign table, writes the predictor beside it, and validates it on rows it has not seen', async () => {
    const { folder, train, test: unseen, mapping: map } = files()
    const fitted = await run('fit', train, '--columns', map)
    expect(fitted.stderr).toBe('')
    expect(fitted.code).toBe(0)
    expect(fitted.stdout).toMatch(/train: 150 rows of made-up; figures on families of shapes left out/)
    expect(fitted.stdout).toMatch(/convolution +int8 /)
    expect(readdirSync(folder).sort()).toEqual(['mapping.json', 'test.csv.gz', 'train.csv', 'train.predictor.json'])
    const out = join(folder, 'train.predictor.json')
    const predictor = JSON.parse(readFileSync(out, 'utf8')) as PredictorFile
    expect(predictor).toMatchObject({
      name: 'train',
      device: 'made-up',
      processors: 4,
      data: { file: 'train.csv', rows: 150 },
    })
    expect(predictor.data.sha256).toMatch(/^[0-9a-f]{64}$/)

    const { stdout, code } = await run('fit', '--validate', unseen, '--predictor', out, '--columns', map, '--json')
    expect(code).toBe(0)
    const { groups, ...rest } = JSON.parse(stdout) as { groups: GroupValidation[] }
    expect(rest).toEqual({})
    expect(groups).toHaveLength(1)
    expect(Object.keys(groups[0]!).sort()).toEqual(
      ['count', 'coverage90', 'kendallTau', 'kernel', 'mape', 'precision', 'rmspe', 'within10', 'within5'].sort(),
    )
    expect(groups[0]).toMatchObject({ kernel: 'Normal', count: 54 })
    expect(groups[0]!.mape).toBeLessThan(10)
    const shown = await run('fit', '--validate', unseen, '--predictor', out, '--columns', map)
    expect(shown.stdout).toMatch(/train on test\.csv\.gz\n.*MAPE/)
  })

  test('prints the fit as JSON, under the name and at the place that are asked for', async () => {
    const { folder, train, mapping: map } = files()
    const out = join(folder, 'mine.json')
    const { stdout } = await run(
      'fit',
      train,
      '--columns',
      map,
      '--out',
      out,
      '--name',
      'mine',
      '--processors',
      '9',
      '--json',
    )
    expect(JSON.parse(stdout)).toMatchObject({
      file: out,
      name: 'mine',
      processors: 9,
      models: [{ kernel: 'convolution', rows: 150 }],
    })
  })

  test('faults of the table end with code 3, faults of the flags with 2, and nothing is written', async () => {
    const { folder, path, train, mapping: map } = files()
    const bad = path('bad.csv', `${columns}\nNormal,8,8,7,1,-5,f\nPool,8,8,7,1,5,f\nNormal,8,8,7,1,5,f\n`)
    const cases: [string[], number, RegExp][] = [
      [['fit', bad, '--columns', map], 3, /bad\.csv: 2 bad rows: line 2: latencyMs -0.005 is negative; line 3: kernel/],
      [['fit', train], 3, /train\.csv: line 1: no column kernel/],
      [['fit', join(folder, 'none.csv')], 3, /none\.csv: .*check the path/],
      [['fit', train, '--columns', join(folder, 'none.json')], 3, /check the path given to --columns/],
      [
        ['fit', '--validate', train, '--predictor', map, '--columns', map],
        3,
        /predictorVersion: expected \d, found nothing/,
      ],
      [['fit'], 2, /nothing to do; give a table/],
      [['fit', '--validate', train], 2, /--validate: no predictor/],
      [['fit', train, '--predictor', map], 2, /--predictor: a table is given too/],
      [['fit', train, '--columns', map, '--processors', '0'], 2, /--processors: 0 is no number/],
      [['fit', train, '--columns', map, '--seed', '-1'], 2, /--seed: -1 is no seed/],
      [['fit', train, '--target', 'neural-engine'], 2, /has a cycle model and no predictor/],
      [['fit', train, '--target', 'nothing'], 2, /no target "nothing"/],
      [['fit', train, '--colums', map], 2, /./],
    ]
    for (const [args, code, message] of cases) {
      const result = await run(...args)
      expect([args.join(' '), result.code]).toEqual([args.join(' '), code])
      expect(result.stderr).toMatch(message)
    }
    expect(readdirSync(folder).some((name) => name.includes('predictor'))).toBe(false)
  })
})

describe('target v100-tensorrt', () => {
  test('estimates a network; kernels that were not measured are predicted all the same', async () => {
    const model = await readModel(new URL('../fixtures/shapes/shapes_ibn.raw.onnx', import.meta.url).pathname)
    const metrics = estimate(model, loadTarget('v100-tensorrt'))
    const [low, high] = metrics.latencyMsInterval
    expect(metrics.precision).toBe('float16')
    expect(metrics.latencyMs).toBeGreaterThan(low)
    expect(metrics.latencyMs).toBeLessThan(high)
    expect(metrics.kernels.every(({ latencyMs }) => latencyMs > 0)).toBe(true)
    for (const { kind, outOfRange } of metrics.kernels) {
      if (kind === 'convolution' || kind === 'depthwise') continue
      expect(outOfRange).toContain(`no measurements of ${kind} in float16`)
    }
  })
})

describeWithShared('the public V100 table', (assets) => {
  test('the shipped predictor was fitted to the whole table', async () => {
    const { createHash } = await import('node:crypto')
    const { loadPredictor } = await import('../src/estimator/predictor.js')
    const { data, models } = loadPredictor('v100-tensorrt').file
    const table = readFileSync(assets.file('measurements/v100/train.csv.gz'))
    expect(data.sha256).toBe(createHash('sha256').update(table).digest('hex'))
    expect(data.rows).toBe(242_155)
    expect(models).toHaveLength(6)
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { calibrationText } from '../src/cli/calibrate-option.js'
import { parser } from '../src/cli/parser.js'
import { calibrateFile } from '../src/estimator/calibrate/calibrate-file.js'
import { estimate } from '../src/estimator/estimate.js'
import { fitTable } from '../src/estimator/fit/fit-table.js'
import { Predictor, readPredictor } from '../src/estimator/predictor.js'
import { type Measurement, toMeasurement } from '../src/estimator/table/fields.js'
import { ownMapping } from '../src/estimator/table/mapping.js'
import { writeModel } from '../src/export/write-model.js'
import { planKernels } from '../src/hw/kernels.js'
import { loadTarget } from '../src/hw/target.js'
import { readModel } from '../src/import/read-model.js'
import { buildModel } from '../src/ir/build.js'
import { inferTypes } from '../src/ir/infer.js'
import { Tensor } from '../src/ir/tensor.js'

const folder = mkdtempSync(join(tmpdir(), 'calibrate-'))
afterAll(() => rmSync(folder, { recursive: true }))

const law = (row: Measurement, factor: number) => factor * (0.01 + row.macs * 2e-8 + row.outputBytes * 1e-7)

/** Rows of the project's own table under a simple law. */
function rowsOf(factor: number): Measurement[] {
  const rows: Measurement[] = []
  for (const inChannels of [3, 8, 16, 32]) {
    for (const outChannels of [8, 16, 24, 32]) {
      for (const inHeight of [8, 16, 32]) {
        const numbers = { batch: 1, inChannels, outChannels, inHeight, kernelHeight: 3, latencyMs: 1 }
        const labels = { kernel: 'convolution', precision: 'float32' }
        const text = { kernel: 'convolution', op: 'Conv', precision: 'float32' }
        const row = toMeasurement({ text, numbers, labels, line: 1 })
        if ('reason' in row) throw new Error(row.reason)
        rows.push({ ...row, latencyMs: law(row, factor) })
      }
    }
  }
  return rows
}

const at = (name: string) => join(folder, name)
const table = { file: 'rows.csv', sha256: '0'.repeat(64), device: 'first', rows: rowsOf(1) }
const source = fitTable(table, { name: 'first', processors: 1, seed: 1, source: 'synthetic' })
writeFileSync(at('source.json'), JSON.stringify(source))
const target = loadTarget('cpu')

/** A chain of convolutions. */
async function writeChain(name: string, widths: readonly number[], size: number): Promise<number> {
  const model = buildModel((g) => {
    let value = g.input('x', 'float32', [1, 3, size, size])
    let channels = 3
    for (const width of widths) {
      const weights = Tensor.float32(new Array(width * channels * 9).fill(0.1), [width, channels, 3, 3])
      value = g.op('Conv', [value, g.constant(weights)], { pads: [1, 1, 1, 1] })
      channels = width
    }
    g.output(value, 'y')
  })
  await writeModel(model, at(name))
  inferTypes(model)
  const predictor = new Predictor(source)
  return planKernels(model, target).kernels.reduce((sum, { shape }) => sum + predictor.latencyMs(shape), 0)
}

const options = { source: at('source.json'), mapping: ownMapping, seed: 1 }

describe('calibrating a predictor by a file', () => {
  it('learns from whole models', async () => {
    const lines = ['model,latency_ms,device']
    let own = 0
    for (let i = 0; i < 6; i++) {
      own = await writeChain(`m${i}.onnx`, [8, 16, 24].slice(0, 1 + (i % 3)), 8 + 4 * i)
      lines.push(`m${i}.onnx,${2.5 * own},board`)
    }
    writeFileSync(at('models.csv'), lines.join('\n'))
    const result = await calibrateFile(at('models.csv'), { ...options, target: 'cpu' })
    expect(result.calibration).toMatchObject({ unit: 'models', rows: 6, device: 'board' })
    expect(result.name).toBe('first-calibrated')
    const [row] = table.rows
    const ratio = new Predictor(result).latencyMs(row!) / new Predictor(source).latencyMs(row!)
    expect(ratio).toBeCloseTo(2.5, 1)
    expect(calibrationText(result)).toMatch(/^first-calibrated: corrected to board by 6 models/)
  })

  it('learns from kernels', async () => {
    const header = 'kernel,op,precision,device,batch,in_channels,in_height,out_channels,kernel_height,latency_ms'
    const few = rowsOf(3).filter((_, i) => i % 4 === 1)
    const lines = few.map((row) =>
      [
        'convolution,Conv,float32,board,1',
        row.inChannels,
        row.inHeight,
        row.outChannels,
        row.kernelHeight,
        row.latencyMs,
      ].join(),
    )
    writeFileSync(at('few.csv'), [header, ...lines].join('\n'))
    const result = await calibrateFile(at('few.csv'), { ...options, name: 'board' })
    expect(result.calibration).toMatchObject({ unit: 'kernels', rows: 12, device: 'board' })
    const predictor = new Predictor(result)
    for (const row of rowsOf(3)) expect(Math.abs(predictor.latencyMs(row) / row.latencyMs - 1)).toBeLessThan(0.2)
    expect(calibrationText(result)).toContain('as it was')
  })

  it.each([
    ['a target with a cycle model', { source: 'neural-engine' }, /cycle model, no predictor/],
    ['whole models without a target', {}, /rules of a target/],
    ['a model that is missing', { target: 'cpu', file: 'gone.csv' }, /ENOENT|no such file/],
    ['a predictor that is calibrated', { source: 'twice.json', target: 'cpu' }, /calibrated already/],
  ])(
    'refuses %s',
    async (_, { file = 'models.csv', source: from = 'source.json', ...given }: Record<string, string>, message) => {
      writeFileSync(at('gone.csv'), 'model,latency_ms\nnone.onnx,1\nm1.onnx,2\n')
      writeFileSync(at('twice.json'), JSON.stringify({ ...source, calibration: { device: 'x', members: [] } }))
      const path = from.endsWith('.json') ? at(from) : from
      await expect(calibrateFile(at(file), { ...options, ...given, source: path })).rejects.toThrow(message)
    },
  )
})

describe('optimize fit --calibrate', () => {
  const run = async (...args: string[]) => {
    let text = ''
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      text += String(chunk)
      return true
    })
    try {
      await parser(['fit', ...args, '--quiet']).parseAsync()
    } finally {
      spy.mockRestore()
    }
    return text
  }

  it('writes a predictor that is used like any other', async () => {
    const out = at('board.json')
    const text = await run(at('models.csv'), '--calibrate', at('source.json'), '--target', 'cpu', '--out', out)
    expect(text).toContain('first-calibrated: corrected to board by 6 models')
    expect(text).toContain(`wrote ${out}`)
    const predictor = readPredictor(out)
    expect(predictor.file.calibration).toMatchObject({ unit: 'models', device: 'board' })
    const { name: _, ...cpu } = loadTarget('cpu')
    writeFileSync(at('board.target.json'), JSON.stringify({ name: 'board', ...cpu, predictor: 'board.json' }))
    const own = estimate(await readModel(at('m3.onnx')), loadTarget(at('board.target.json')))
    expect(own.latencyMs).toBeGreaterThan(0)
    expect(own.latencyMs).toBeCloseTo(2.5 * (await writeChain('again.onnx', [8], 20)), 3)
    const figures = JSON.parse(
      await run(at('few.csv'), '--calibrate', at('source.json'), '--json', '--out', at('few.json')),
    ) as { calibration: { unit: string; rows: number } }
    expect(figures.calibration).toMatchObject({ unit: 'kernels', rows: 12 })
  })

  it('needs a table', async () => {
    await expect(run('--calibrate', at('source.json'))).rejects.toMatchObject({ code: 'usage', message: 'no table' })
  })
})

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { expect, it } from 'vitest'
import { calibrateKernels } from '../src/estimator/calibrate/calibrate-kernels.js'
import { foldsByFamily } from '../src/estimator/fit/folds.js'
import { kendallTau, summarizeErrors } from '../src/estimator/fit/statistics.js'
import { sampleOf } from '../src/estimator/network/family.js'
import { fitNetworks, predictNetwork, proxyCosts } from '../src/estimator/network/fit-networks.js'
import { nasbench201 } from '../src/estimator/network/nasbench201.js'
import { loadPredictor, Predictor } from '../src/estimator/predictor.js'
import { readMapping } from '../src/estimator/table/mapping.js'
import { readTable } from '../src/estimator/table/read-table.js'
import { describeWithShared } from './shared-assets.js'

/** The bounds leave room for another draw; the figures themselves are in bench/results. */
describeWithShared('few measurements of real devices', ({ file }) => {
  it('correct the V100 to another GPU', async () => {
    const mapping = readMapping(
      fileURLToPath(new URL('../src/estimator/table/mappings/v100-tensorrt.json', import.meta.url)),
    )
    const { rows } = await readTable(file('measurements/v100/second_gpu_fp16.csv.gz'), mapping)
    const half = foldsByFamily(rows, 2, 'few-shot test')
    const few = rows.filter((_, i) => half[i] === 0).filter((_, i) => i % 113 === 0)
    const test = rows.filter((_, i) => half[i] === 1)
    expect(few.length).toBeGreaterThan(40)
    expect(few.length).toBeLessThan(60)
    const source = loadPredictor('v100-tensorrt')
    const calibration = calibrateKernels(source, few, { device: 'other', data: { file: '', sha256: '' }, seed: 1 })
    const predictor = new Predictor({ ...source.file, calibration })
    const measured = test.map(({ latencyMs }) => latencyMs)
    const before = summarizeErrors(
      test.map((row) => source.latencyMs(row)),
      measured,
    )
    const after = summarizeErrors(
      test.map((row) => predictor.latencyMs(row)),
      measured,
    )
    expect(before.mape).toBeGreaterThan(80)
    expect(after.mape).toBeLessThan(12)
    expect(after.kendallTau).toBeGreaterThan(0.87)
  })

  it('rank networks on a Raspberry Pi', () => {
    const bytes = gunzipSync(readFileSync(file('measurements/edge/nb201_latency.csv.gz')))
    const rows = parse(bytes, { columns: true }) as Record<string, string>[]
    const proxies = ['pixel3_ms', 'fpga_ms', 'gold_6226_ms']
    const read = (row: Record<string, string>) =>
      sampleOf(
        nasbench201,
        row['edges']!,
        proxies.map((name) => Number(row[name])),
      )
    const options = {
      views: nasbench201.views.map(({ name }) => name),
      proxies: proxyCosts(rows.filter((_, i) => i % 10 === 0).map(read), proxies),
    }
    const filled = rows.filter((row) => row['raspi4_ms'])
    const samples = filled.map(read)
    const latencies = filled.map((row) => Number(row['raspi4_ms']))
    const model = fitNetworks(samples.slice(0, 10), latencies.slice(0, 10), options)
    const predicted = samples.slice(10).map((sample) => predictNetwork(model, sample).latencyMs)
    expect(kendallTau(predicted, latencies.slice(10))).toBeGreaterThan(0.86)
  })
})

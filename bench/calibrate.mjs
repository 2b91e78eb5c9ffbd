// Few-shot calibration: a V100 predictor corrected to another, unnamed GPU by 10, 50 and 200 measured kernels, against
// training from scratch on the same rows. Half of the families of shapes, drawn anew each time, give the rows; the other
// half tests. Usage: node bench/calibrate.mjs SECOND_GPU.csv[.gz] [PREDICTOR.json] [draws]. Needs dist/.
// Writes bench/results/calibrate.json.
import { writeFileSync } from 'node:fs'
import { calibrateKernels } from '../dist/estimator/calibrate/calibrate-kernels.js'
import { fitStructure, structureLatency, structureTerms, vaguePrior } from '../dist/estimator/calibrate/structure.js'
import { fitTable } from '../dist/estimator/fit/fit-table.js'
import { median, summarizeErrors } from '../dist/estimator/fit/statistics.js'
import { loadPredictor, Predictor, readPredictor } from '../dist/estimator/predictor.js'
import { readMapping } from '../dist/estimator/table/mapping.js'
import { readTable } from '../dist/estimator/table/read-table.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { machine } from './machine.mjs'

const [tableFile, predictorFile, drawCount = '12'] = process.argv.slice(2)
const mappingFile = new URL('../dist/estimator/table/mappings/v100-tensorrt.json', import.meta.url).pathname
const table = await readTable(tableFile, readMapping(mappingFile))
const source = predictorFile ? readPredictor(predictorFile) : loadPredictor('v100-tensorrt')
const data = { file: table.file, sha256: table.sha256 }

function shuffle(list, random) {
  const order = [...list]
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(0, i)
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}

/** The fit's own candidates on the same rows, the device's number of processors taken as given. */
const scratch = (processors) => (rows) => {
  const predictor = new Predictor(fitTable({ ...table, rows }, { name: 'scratch', processors, seed: 1, source: '' }))
  return (row) => predictor.predict(row)
}

/** Methods: rows -> what predicts a row, { latencyMs, lowMs?, highMs? }. */
const methods = {
  'V100 predictor as it is': () => (row) => source.predict(row),
  'V100 predictor times a constant': (rows) => {
    const factor = median(rows.map((row) => row.latencyMs / source.latencyMs(row)))
    return (row) => ({ latencyMs: source.latencyMs(row) * factor })
  },
  'from scratch': scratch(1),
  'from scratch, as many processors': scratch(source.file.processors),
  'roofline from scratch': (rows) => {
    const fitted = rows.map((row) => ({ group: 0, terms: structureTerms(row), latencyMs: row.latencyMs }))
    const parameters = fitStructure(fitted, vaguePrior(fitted))
    return (row) => ({ latencyMs: structureLatency(structureTerms(row), parameters) })
  },
  calibrated: (rows) => {
    const calibration = calibrateKernels(source, rows, { device: 'second GPU', data, seed: 1 })
    const predictor = new Predictor({ ...source.file, calibration })
    return (row) => predictor.predict(row)
  },
}

const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length
const families = [...new Set(table.rows.map(({ family }) => family))]
const results = {}
for (const size of [10, 50, 200]) {
  const runs = Object.fromEntries(Object.keys(methods).map((name) => [name, []]))
  for (let draw = 0; draw < Number(drawCount); draw++) {
    const random = new SeededRandom(1000 * size + draw)
    const drawn = new Set(shuffle(families, random).slice(0, families.length >> 1))
    const rows = shuffle(
      table.rows.filter(({ family }) => drawn.has(family)),
      random,
    ).slice(0, size)
    const test = table.rows.filter(({ family }) => !drawn.has(family))
    for (const [name, method] of Object.entries(methods)) {
      const start = performance.now()
      const predict = method(rows)
      const seconds = (performance.now() - start) / 1000
      const predictions = test.map(predict)
      const summary = summarizeErrors(
        predictions.map(({ latencyMs }) => latencyMs),
        test.map(({ latencyMs }) => latencyMs),
      )
      const covered = predictions.filter(
        ({ lowMs, highMs }, i) => test[i].latencyMs >= lowMs && test[i].latencyMs <= highMs,
      )
      const coverage90 = predictions[0].lowMs === undefined ? null : covered.length / test.length
      runs[name].push({ ...summary, coverage90, seconds })
    }
  }
  results[size] = Object.fromEntries(
    Object.entries(runs).map(([name, list]) => {
      const average = (key) => mean(list.map((run) => run[key]))
      const mapes = list.map(({ mape }) => mape)
      const wins = list.filter(({ mape }, i) => mape < runs['from scratch'][i].mape).length
      const result = {
        mape: average('mape'),
        worstMape: Math.max(...mapes),
        within10: average('within10'),
        kendallTau: average('kendallTau'),
        coverage90: list[0].coverage90 === null ? null : average('coverage90'),
        seconds: average('seconds'),
        aheadOfScratch: wins / list.length,
      }
      const coverage =
        result.coverage90 === null ? '' : `, in the 90 % interval ${(100 * result.coverage90).toFixed(1)} %`
      console.log(
        `${String(size).padStart(3)} rows, ${name.padEnd(32)} MAPE ${result.mape.toFixed(1).padStart(6)} % (worst ${result.worstMape.toFixed(1)}), within 10 % ${(100 * result.within10).toFixed(1)} %, tau ${result.kendallTau.toFixed(3)}${coverage}, ${result.seconds.toFixed(2)} s`,
      )
      return [name, result]
    }),
  )
}
const report = { machine: machine(), table: data, source: source.file.name, draws: Number(drawCount), results }
writeFileSync(new URL('results/calibrate.json', import.meta.url), `${JSON.stringify(report, null, 2)}\n`)

// How the learned predictor does on families of shapes it has not seen, on the public V100 table: within each stratum
// (kind x kernel) families are held out in the order of SHA-256(salt + " " + family) until 12 % of its rows are reached,
// once for every salt. Then the same with 2,000 rows of int8 drawn at random, both kinds.
// Usage: node bench/v100.mjs TRAIN.csv.gz [salts] [draws of few rows]. Needs dist/. Writes bench/results/v100.json.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fitTable } from '../dist/estimator/fit/fit-table.js'
import { validatePredictor } from '../dist/estimator/fit/validate.js'
import { Predictor } from '../dist/estimator/predictor.js'
import { shippedMapping } from '../dist/estimator/table/mapping.js'
import { readTable } from '../dist/estimator/table/read-table.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { machine } from './machine.mjs'

const [file, saltCount = '3', drawCount = '3'] = process.argv.slice(2)
const mapping = shippedMapping('v100-tensorrt')
const table = await readTable(file, mapping)

/** Families held out under a salt: the table's official rule. */
function heldOut(rows, salt, share = 0.12) {
  const strata = new Map()
  for (const { kind, kernelHeight, family } of rows) {
    const key = `${kind} ${kernelHeight}`
    const counts = strata.get(key) ?? new Map()
    strata.set(key, counts.set(family, (counts.get(family) ?? 0) + 1))
  }
  const held = new Set()
  for (const counts of strata.values()) {
    const hash = (family) => createHash('sha256').update(`${salt} ${family}`).digest('hex')
    const order = [...counts.keys()].map((family) => ({ family, key: hash(family) }))
    order.sort((a, b) => (a.key < b.key ? -1 : 1))
    const total = [...counts.values()].reduce((a, b) => a + b, 0)
    let taken = 0
    for (const { family } of order) {
      if (taken >= share * total) break
      held.add(family)
      taken += counts.get(family)
    }
  }
  return held
}

function fitAndJudge(train, test, collected) {
  const start = process.cpuUsage()
  const options = { name: 'bench', processors: mapping.processors, seed: 1, source: file }
  const predictor = new Predictor(fitTable({ ...table, rows: train }, options))
  const { user, system } = process.cpuUsage(start)
  for (const { precision, kernel, outOfRange: _, ...figures } of validatePredictor(predictor, {
    ...table,
    rows: test,
  })) {
    const key = `${precision} ${kernel}`
    collected[key] = [...(collected[key] ?? []), figures]
    console.log(key, JSON.stringify(figures))
  }
  return (user + system) / 1e6
}

const round = (value) => Number(value.toPrecision(4))

/** Mean, least and most of each figure over the splits. */
const summary = (collected) =>
  Object.fromEntries(
    Object.entries(collected).map(([key, list]) => [
      key,
      Object.fromEntries(
        Object.keys(list[0]).map((figure) => {
          const values = list.map((figures) => figures[figure])
          const mean = values.reduce((a, b) => a + b, 0) / values.length
          return [figure, { mean: round(mean), least: round(Math.min(...values)), most: round(Math.max(...values)) }]
        }),
      ),
    ]),
  )

const all = {}
const few = {}
const fitCpuSeconds = []

/** Written after every split: a long run that is cut short leaves what it has. */
function write(salts, draws) {
  const report = {
    machine: machine(),
    data: { file: table.file, sha256: table.sha256, rows: table.rows.length },
    split: '12 % of the rows of each kind x kernel held out by families, other salts than the official one',
    salts,
    draws,
    fitCpuSeconds,
    peakMemoryMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    unseenFamilies: summary(all),
    fewRows: { rows: 2000, unseenFamilies: summary(few) },
  }
  writeFileSync(new URL('results/v100.json', import.meta.url), `${JSON.stringify(report, null, 2)}\n`)
}

for (let draw = 1; draw <= Number(drawCount); draw++) {
  const int8 = table.rows.filter(({ precision }) => precision === 'int8')
  const held = heldOut(int8, `few ${draw}`)
  const pool = int8.filter(({ family }) => !held.has(family))
  const random = new SeededRandom(draw)
  for (let i = 0; i < 2000; i++) {
    const j = random.integer(i, pool.length - 1)
    ;[pool[i], pool[j]] = [pool[j], pool[i]]
  }
  const test = int8.filter(({ family }) => held.has(family))
  fitAndJudge(pool.slice(0, 2000), test, few)
}

for (let i = 1; i <= Number(saltCount); i++) {
  const held = heldOut(table.rows, `salt ${i}`)
  const train = table.rows.filter(({ family }) => !held.has(family))
  const test = table.rows.filter(({ family }) => held.has(family))
  fitCpuSeconds.push(round(fitAndJudge(train, test, all)))
  write(i, Number(drawCount))
}

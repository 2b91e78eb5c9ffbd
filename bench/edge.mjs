// Whole networks on edge devices: few measured NAS-Bench-201 networks of a device, other devices as proxies, tested on
// networks not drawn. Usage: node bench/edge.mjs TRAIN.csv[.gz] [TEST.csv[.gz]]. Needs dist/. The table's columns are
// arch_index, edges and milliseconds a device (docs/measurements.md). Without TEST, samples are drawn from the filled
// rows of TRAIN many times and the rest tests; with it, all filled rows of TRAIN fit and TEST tests.
// Writes bench/results/edge.json (without TEST only).
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { kendallTau } from '../dist/estimator/fit/statistics.js'
import { sampleOf } from '../dist/estimator/network/family.js'
import { fitNetworks, predictNetwork, proxyCosts } from '../dist/estimator/network/fit-networks.js'
import { nasbench201 } from '../dist/estimator/network/nasbench201.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { machine } from './machine.mjs'

const [trainFile, testFile] = process.argv.slice(2)
const readTable = (file) => {
  const bytes = readFileSync(file)
  return parse(file.endsWith('.gz') ? gunzipSync(bytes) : bytes, { columns: true })
}
const rows = readTable(trainFile)
const devices = Object.keys(rows[0]).filter((column) => column.includes('_') && column !== 'arch_index')
const few = ['raspi4_ms', 'eyeriss_ms']
const proxyNames = devices.filter((device) => !few.includes(device))
const views = nasbench201.views.map(({ name }) => name)

/** Errors for networks over 0.5 ms, rank over all. */
const leastMs = 0.5
function judge(predictions, measured) {
  const counted = measured.flatMap((ms, i) => (ms > leastMs ? [i] : []))
  const errors = counted.map((i) => Math.abs(predictions[i].latencyMs / measured[i] - 1))
  const inside = counted.filter((i) => measured[i] >= predictions[i].lowMs && measured[i] <= predictions[i].highMs)
  const share = (list) => list.length / counted.length
  return {
    mape: (100 * errors.reduce((sum, error) => sum + error, 0)) / errors.length,
    within10: share(errors.filter((error) => error <= 0.1)),
    tau: kendallTau(
      predictions.map(({ latencyMs }) => latencyMs),
      measured,
    ),
    coverage90: share(inside),
  }
}

/** Samples for one device: every other well-known device is a proxy. */
function task(device) {
  const proxies = proxyNames.filter((name) => name !== device)
  const read = (row) =>
    sampleOf(
      nasbench201,
      row.edges,
      proxies.map((name) => Number(row[name] || Number.NaN)),
    )
  const pool = rows.map(read)
  const filled = rows.flatMap((row, i) => (row[device] ? [i] : []))
  const options = { views, proxies: proxyCosts(pool, proxies) }
  return {
    read,
    samples: filled.map((i) => pool[i]),
    latencies: filled.map((i) => Number(rows[i][device])),
    fit: (samples, latencies) => fitNetworks(samples, latencies, options),
  }
}

const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length
const summary = (results) => ({
  draws: results.length,
  ...Object.fromEntries(Object.keys(results[0]).map((key) => [key, mean(results.map((result) => result[key]))])),
  worstTau: Math.min(...results.map(({ tau }) => tau)),
})
const show = (label, { mape, within10, tau, worstTau, coverage90 }, note = '') => {
  const worst = worstTau === undefined ? '' : ` (worst ${worstTau.toFixed(3)})`
  const rank = `tau ${tau.toFixed(4)}${worst}`
  console.log(
    `${label.padEnd(34)} MAPE ${mape.toFixed(2).padStart(6)} %, within 10 % ${(100 * within10).toFixed(1)} %, ${rank}, in the 90 % interval ${(100 * coverage90).toFixed(1)} % ${note}`,
  )
}

const topMember = ({ members }) => {
  const [{ method, weight }] = [...members].sort((a, b) => b.weight - a.weight)
  return `${method} (${Math.round(100 * weight)} %)`
}

const shuffled = (count, random) => {
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(0, i)
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}

function evaluate({ samples, latencies, fit }, train, test) {
  const pick = (list, indices) => indices.map((i) => list[i])
  const model = fit(pick(samples, train), pick(latencies, train))
  return {
    model,
    ...judge(
      pick(samples, test).map((sample) => predictNetwork(model, sample)),
      pick(latencies, test),
    ),
  }
}

function fewShot(device, sizes, draws, testSize) {
  const data = task(device)
  const all = data.samples.map((_, i) => i)
  const results = {}
  for (const size of sizes) {
    const random = new SeededRandom(size)
    const runs = []
    for (let draw = 0; draw < draws; draw++) {
      const order = shuffled(all.length, random)
      const { model, ...result } = evaluate(data, order.slice(0, size), order.slice(size, size + testSize))
      runs.push(result)
    }
    results[size] = { random: summary(runs) }
    show(`${device}, ${size} drawn`, results[size].random)
    // The few filled rows lie in the order of a hash; tables of all networks lie in the order they were measured in.
    if (!few.includes(device)) continue
    const { model, ...inOrder } = evaluate(data, all.slice(0, size), all.slice(size, size + testSize))
    results[size].inFileOrder = { method: topMember(model), ...inOrder }
    show(`${device}, first ${size}`, inOrder, topMember(model))
  }
  return results
}

/** Every row is tested once a round by a fit to the others; one tau over all rows. */
function crossValidated(device, folds, rounds) {
  const data = task(device)
  const count = data.samples.length
  const runs = []
  for (let round = 0; round < rounds; round++) {
    const order = shuffled(count, new SeededRandom(round + 1))
    const predictions = new Array(count)
    for (let fold = 0; fold < folds; fold++) {
      const train = order.filter((_, k) => k % folds !== fold)
      const model = data.fit(
        train.map((i) => data.samples[i]),
        train.map((i) => data.latencies[i]),
      )
      for (const i of order.filter((_, k) => k % folds === fold))
        predictions[i] = predictNetwork(model, data.samples[i])
    }
    runs.push(judge(predictions, data.latencies))
  }
  const result = summary(runs)
  show(`${device}, ${count}, ${folds}-fold`, result)
  return result
}

if (testFile === undefined) {
  const everything = Number.POSITIVE_INFINITY
  const results = {
    raspi4_ms: {
      fewShot: fewShot('raspi4_ms', [10, 20, 50], 40, everything),
      crossValidated200: crossValidated('raspi4_ms', 10, 5),
    },
    eyeriss_ms: { fewShot: fewShot('eyeriss_ms', [10], 10, everything) },
    ...Object.fromEntries(proxyNames.map((device) => [device, { fewShot: fewShot(device, [10, 200], 3, 3000) }])),
  }
  writeFileSync(
    new URL('results/edge.json', import.meta.url),
    `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`,
  )
} else {
  const testRows = readTable(testFile)
  for (const device of few) {
    const data = task(device)
    const known = testRows.filter((row) => row[device])
    if (known.length === 0) continue
    const samples = known.map(data.read)
    const latencies = known.map((row) => Number(row[device]))
    for (const size of [10, 20, 50, data.samples.length]) {
      const model = data.fit(data.samples.slice(0, size), data.latencies.slice(0, size))
      const predictions = samples.map((sample) => predictNetwork(model, sample))
      show(`${device}, first ${size}`, judge(predictions, latencies), topMember(model))
    }
  }
}

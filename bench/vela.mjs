// Cycles of the Ethos-U targets held against Arm's compiler Vela, operator by operator and network by network.
// node bench/vela.mjs [folder with layers.csv, networks.csv, synthetic_ops.csv, gzipped or not]; needs dist/.
// Without a folder the committed results are written anew.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { summarizeErrors } from '../dist/estimator/fit/statistics.js'
import { planSequence } from '../dist/hw/cycles/microblock/sequence.js'
import { loadTarget } from '../dist/hw/target.js'
import { machine } from './machine.mjs'
import { groupRows, readRows, stepOfSynthetic, stepsOfRows, targetOf } from './vela-rows.mjs'

const folder = process.argv[2] ?? new URL('../../shared/measurements/vela', import.meta.url).pathname
const file = (name) => join(folder, name)
const has = (name) => existsSync(file(name)) || existsSync(file(`${name}.gz`))
const round = (value) => Math.round(value * 1e4) / 1e4

/** Bits for each weight with which the compressed filters take as many bytes as they were said to. */
function bitsFor(bytes, steps, target) {
  let [low, high] = [0, 16]
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2
    const entries = planSequence(steps, target, middle)
    const compressed = entries.flatMap(({ cost }) => cost.operations).reduce((sum, op) => sum + op.compressedBytes, 0)
    if (compressed < bytes) low = middle
    else high = middle
  }
  return low
}

/** Rows beside our operations of one network; `bytes`: what its filters were compressed to, if that is to be known. */
function operationsOf(rows, bytes) {
  const target = targetOf(rows[0].config, loadTarget)
  const steps = stepsOfRows(rows)
  const entries = planSequence(steps, target, bytes === undefined ? undefined : bitsFor(bytes, steps, target))
  return entries.flatMap(({ cost }, i) => {
    const { operations } = cost
    const isPaired = operations.length === steps[i].rows.length
    if (!isPaired) console.warn(`${rows[0].network}: ${operations.length} operations for ${steps[i].rows.length} rows`)
    return isPaired ? operations.map((operation, j) => ({ row: steps[i].rows[j], operation })) : []
  })
}

const isNear = (a, b) => Math.abs(a - b) <= Math.max(1, 1e-6 * b)
const blockOf = ({ plan: { output } }) => [output.height, output.width, output.channels].join('x')
const share = (list, holds) => round(list.filter(holds).length / list.length)

/** Figures of a set of operations against their rows. */
function summarize(pairs) {
  const predicted = pairs.map(({ operation }) => operation.cycles)
  const told = pairs.map(({ row }) => Number(row.total_cycles))
  const { count, mape, kendallTau } = summarizeErrors(predicted, told)
  const dram = (row) =>
    Number(row.dram_cycles) + Number(row.offchip_flash_cycles) + Number(row.onchip_flash_cycles ?? 0)
  return {
    operators: count,
    kendallTau: round(kendallTau),
    mape: round(mape),
    equal: {
      block: share(
        pairs,
        ({ row, operation }) => [row.block_h, row.block_w, row.block_d].join('x') === blockOf(operation),
      ),
      npuCycles: share(pairs, ({ row, operation }) => isNear(operation.npuCycles, Number(row.npu_cycles))),
      sramCycles: share(pairs, ({ row, operation }) => isNear(operation.sramCycles, Number(row.sram_cycles))),
      dramCycles: share(pairs, ({ row, operation }) => isNear(operation.dramCycles, dram(row))),
      cycles: share(pairs, ({ row, operation }) => isNear(operation.cycles, Number(row.total_cycles))),
    },
  }
}

function networkFigures(layers, networks, knowsWeights) {
  const pairs = []
  const runs = []
  for (const [key, rows] of groupRows(layers, ({ network, config }) => `${network} on ${config}`)) {
    const told = networks.find(({ network, config }) => `${network} on ${config}` === key)
    const bytes = knowsWeights && told !== undefined ? Number(told.weight_bytes_encoded) : undefined
    const mine = operationsOf(rows, bytes)
    pairs.push(...mine)
    const cycles = mine.reduce((sum, { operation }) => sum + operation.cycles, 0)
    const total =
      told === undefined ? rows.reduce((sum, row) => sum + Number(row.total_cycles), 0) : Number(told.total_cycles)
    const peak = targetOf(rows[0].config, loadTarget).array.macsPerCycle
    const macs = rows.reduce((sum, row) => sum + Number(row.true_macs), 0)
    const { kendallTau } = summarize(mine)
    runs.push({ run: key, vela: total, cycles, macsOverPeak: macs / peak, kendallTau })
  }
  const told = runs.map(({ vela }) => vela)
  const ops = [...groupRows(pairs, ({ row }) => row.npu_op)]
  const byBaseline = summarizeErrors(
    runs.map(({ macsOverPeak }) => macsOverPeak),
    told,
  )
  const ours = summarizeErrors(
    runs.map(({ cycles }) => cycles),
    told,
  )
  return {
    networks: { runs: runs.length, mape: round(ours.mape), kendallTau: round(ours.kendallTau) },
    macsOverPeak: { mape: round(byBaseline.mape), kendallTau: round(byBaseline.kendallTau) },
    operators: summarize(pairs),
    // The many steps of a softmax weigh as much as convolutions above; here only what takes over 1000 cycles.
    largeOperators: summarize(pairs.filter(({ row }) => Number(row.total_cycles) > 1000)),
    byOperator: Object.fromEntries(ops.map(([op, list]) => [op, summarize(list)])),
    byRun: runs.map(({ run, vela, cycles, kendallTau }) => ({
      run,
      vela: Math.round(vela),
      cycles: Math.round(cycles),
      errorPercent: round(100 * (cycles / vela - 1)),
      kendallTau,
    })),
  }
}

/** Single operators with uniform random weights, the worst case of the coder: 8.33 bits a weight. */
function syntheticFigures(rows, bits) {
  const pairs = rows.map((row) => {
    const target = targetOf(row.config, loadTarget)
    return { row, operation: planSequence([stepOfSynthetic(row)], target, bits)[0].cost.operations[0] }
  })
  return {
    ...summarize(pairs),
    byKind: Object.fromEntries(
      [...groupRows(pairs, ({ row }) => row.kind)].map(([kind, list]) => [kind, summarize(list)]),
    ),
  }
}

const layers = readRows(file('layers.csv'))
const networks = has('networks.csv') ? readRows(file('networks.csv')) : []
const results = {
  source: 'Vela 3.10.0, tables of ../shared/measurements/vela; an estimate of the vendor, not a measurement',
  weightsUnknown: networkFigures(layers, networks, false),
  weightsKnown: networkFigures(layers, networks, true),
}
if (has('synthetic_ops.csv')) {
  const rows = readRows(file('synthetic_ops.csv'))
  results.syntheticUnknown = syntheticFigures(rows, undefined)
  results.syntheticUniform = syntheticFigures(rows, 8.33)
}

const line = (name, { operators, kendallTau, mape, equal }) =>
  console.log(
    `  ${name.padEnd(24)} ${String(operators).padStart(5)}  tau ${kendallTau.toFixed(4)}  MAPE ${mape.toFixed(2).padStart(6)} %` +
      `  equal: blocks ${(100 * equal.block).toFixed(1)} %, array ${(100 * equal.npuCycles).toFixed(1)} %,` +
      ` SRAM ${(100 * equal.sramCycles).toFixed(1)} %, off chip ${(100 * equal.dramCycles).toFixed(1)} %, total ${(100 * equal.cycles).toFixed(1)} %`,
  )
for (const [name, title] of [
  ['weightsUnknown', "weights' values unknown (weightCompression of the target)"],
  ['weightsKnown', "compressed size of each network's weights known"],
]) {
  const figures = results[name]
  console.log(`\n${title}`)
  for (const { run, vela, cycles, errorPercent, kendallTau } of figures.byRun)
    console.log(
      `  ${run.padEnd(50)} Vela ${String(vela).padStart(8)}  here ${String(cycles).padStart(8)}  ${errorPercent.toFixed(1).padStart(6)} %  tau ${kendallTau.toFixed(3)}`,
    )
  line('operators', figures.operators)
  line('over 1000 cycles', figures.largeOperators)
  for (const [op, list] of Object.entries(figures.byOperator)) line(op, list)
  console.log(
    `  ${figures.networks.runs} networks: MAPE ${figures.networks.mape} % (boosted trees 28.8 %, MACs / peak ${figures.macsOverPeak.mape} %),` +
      ` tau ${figures.networks.kendallTau} (0.838, ${figures.macsOverPeak.kendallTau})`,
  )
}
for (const name of ['syntheticUnknown', 'syntheticUniform']) {
  if (results[name] === undefined) continue
  console.log(`\n${name} (boosted trees: MAPE 43.7 %, tau 0.826; roofline 57.0 %, 0.783)`)
  line('all', results[name])
  for (const [kind, list] of Object.entries(results[name].byKind)) line(kind, list)
}
if (process.argv[2] === undefined) {
  const { load, ...where } = machine()
  writeFileSync(
    new URL('./results/vela.json', import.meta.url),
    `${JSON.stringify({ machine: where, ...results }, null, 2)}\n`,
  )
}

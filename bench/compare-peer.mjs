// Whole processes, import to written file, against the npm package onnxsim, model by model in one run: seconds, peak memory,
// nodes left. Usage: node bench/compare-peer.mjs FOLDER [runs]. Writes bench/results/compare-peer.json. Needs dist/.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readModel } from '../dist/import/read-model.js'
import { machine } from './machine.mjs'

const [folder, runs = '3'] = process.argv.slice(2)
const here = fileURLToPath(new URL('.', import.meta.url))
const out = mkdtempSync(join(tmpdir(), 'compare-'))

/** A process that takes longer is ended; its seconds are a lower bound. */
const limitSeconds = 60

/** Seconds and peak resident MB of a command, as GNU time sees the whole process with its children. */
function timed(args) {
  const start = performance.now()
  const { status, stderr } = spawnSync(
    '/usr/bin/env',
    ['time', '-f', 'peak %M', 'timeout', String(limitSeconds), process.execPath, ...args],
    {
      encoding: 'utf8',
    },
  )
  const seconds = (performance.now() - start) / 1000
  const peak = /peak (\d+)/.exec(stderr)?.[1]
  return { ok: status === 0, seconds, peakMb: peak === undefined ? null : Number(peak) / 1024 }
}

const nodesOf = async (file) => {
  try {
    return (await readModel(file)).nodeCount
  } catch {
    return null
  }
}

const rows = []
for (const name of readdirSync(folder)
  .filter((file) => file.endsWith('.onnx'))
  .sort()) {
  const model = join(folder, name)
  const [a, b] = [join(out, `a-${name}`), join(out, `b-${name}`)]
  const ours = []
  const peer = []
  for (let i = 0; i < Number(runs); i++) {
    ours.push(timed([join(here, '../dist/cli/main.js'), model, '--no-verify', '--quiet', '--out', a]))
    peer.push(timed([join(here, 'peer-onnxsim.mjs'), model, b]))
  }
  const best = (list) => list.reduce((least, each) => (each.seconds < least.seconds ? each : least))
  const [x, y] = [best(ours), best(peer)]
  const row = {
    model: name,
    bytes: statSync(model).size,
    nodes: await nodesOf(model),
    ours: { seconds: x.seconds, peakMb: x.peakMb, nodes: x.ok ? await nodesOf(a) : null },
    onnxsim: { seconds: y.seconds, peakMb: y.peakMb, nodes: y.ok ? await nodesOf(b) : null },
    speedup: y.seconds / x.seconds,
  }
  rows.push(row)
  console.log(
    name.padEnd(36),
    `${row.nodes} -> ${row.ours.nodes} (onnxsim ${row.onnxsim.nodes})`,
    `${x.seconds.toFixed(2)} s, onnxsim ${y.seconds.toFixed(2)} s, ${row.speedup.toFixed(1)} x`,
  )
}
rmSync(out, { recursive: true })
const geometricMean = Math.exp(rows.reduce((sum, { speedup }) => sum + Math.log(speedup), 0) / rows.length)
const least = Math.min(...rows.map(({ speedup }) => speedup))
console.log(`geometric mean ${geometricMean.toFixed(2)} x, least ${least.toFixed(2)} x over ${rows.length} models`)
const version = JSON.parse(readFileSync(join(here, '../node_modules/onnxsim/package.json'), 'utf8')).version
const record = {
  machine: machine(),
  peer: `onnxsim ${version}`,
  runs: Number(runs),
  taken: 'fastest of the runs',
  geometricMean,
  least,
  rows,
}
writeFileSync(join(here, 'results/compare-peer.json'), `${JSON.stringify(record, null, 2)}\n`)

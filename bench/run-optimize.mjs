import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { watchResident } from './resident.mjs'

const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

/**
 * The report of one run of optimize, with seconds (on the clock, and of processors as last seen) and the most memory that was seen;
 * its files go to a folder.
 */
export async function runOptimize(model, flags, folder) {
  const report = join(folder, 'report.json')
  const paths = ['--out', join(folder, 'out.onnx'), '--report', report]
  const started = performance.now()
  const child = spawn(process.execPath, [program, model, ...flags, ...paths], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const resident = watchResident(child.pid)
  const code = await new Promise((resolve) => child.on('exit', resolve))
  const peakBytes = resident.stop()
  if (code !== 0) throw new Error(`exit code ${code}`)
  const seconds = (performance.now() - started) / 1000
  const cpuSeconds = resident.cpuSeconds()
  return { report: JSON.parse(readFileSync(report, 'utf8')), seconds, cpuSeconds, peakBytes }
}

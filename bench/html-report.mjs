// The HTML report of a large model: how long it takes to write, its size, and how long a browser takes to open it.
// Usage: node bench/html-report.mjs [nodes]. Needs dist/ and a chromium in the path. Writes bench/results/html-report.json.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { toProto } from '../dist/export/to-proto.js'
import { buildModel } from '../dist/ir/build.js'
import { Tensor } from '../dist/ir/tensor.js'
import { encodeModel } from '../dist/onnx/codec.js'
import { htmlReport } from '../dist/report/html/html-report.js'
import { machine } from './machine.mjs'

const nodes = Number(process.argv[2] ?? 3000)
const rounds = 9
const browserPath = execFileSync('sh', ['-c', 'command -v chromium || command -v google-chrome'], {
  encoding: 'utf8',
}).trim()

/** Residual blocks of five nodes, as deep as it takes; BatchNormalization folds away, so that the graph changes too. */
const model = buildModel((g) => {
  const channels = 32
  const values = (count) => Float32Array.from({ length: count }, (_, i) => Math.sin(i) / 16)
  const constant = (...dims) => g.constant(Tensor.fromArray('float32', dims, values(dims.reduce((a, b) => a * b))))
  const ones = g.constant(Tensor.fromArray('float32', [channels], new Float32Array(channels).fill(1)))
  const dense = constant(channels, channels, 1, 1)
  const depthwise = constant(channels, 1, 3, 3)
  let x = g.input('x', 'float32', [1, channels, 14, 14])
  for (let made = 0; made < nodes; made += 5) {
    const wide = g.op('Conv', [x, dense])
    const normal = g.op('BatchNormalization', [wide, ones, ones, ones, ones])
    const deep = g.op('Conv', [g.op('Relu', [normal]), depthwise], { group: channels, pads: [1, 1, 1, 1] })
    x = g.op('Add', [x, deep])
  }
  g.output(x, 'y')
})
const folder = mkdtempSync(join(tmpdir(), 'html-report-'))
const file = join(folder, 'model.onnx')
writeFileSync(file, Buffer.concat(encodeModel(toProto(model))))
const main = new URL('../dist/cli/main.js', import.meta.url).pathname
const [json, page] = [join(folder, 'report.json'), join(folder, 'report.html')]
execFileSync(process.execPath, [main, file, '--no-verify', '--report', json, '--html', page, '--quiet'])

const report = JSON.parse(readFileSync(json, 'utf8'))
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]
const writing = Array.from({ length: 3 }, () => {
  const start = performance.now()
  htmlReport(report)
  return performance.now() - start
})

const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] })
const opening = []
const painting = []
for (let i = 0; i < rounds; i++) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  const tab = await context.newPage()
  await tab.goto(pathToFileURL(page).href, { waitUntil: 'load' })
  const [load, paint] = await tab.evaluate(`[
    performance.getEntriesByType('navigation')[0].loadEventEnd,
    performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
  ]`)
  opening.push(load)
  painting.push(paint)
  await context.close()
}
const result = {
  machine: machine(),
  browser: browser.version(),
  nodes: report.model.nodes,
  kernels: report.before.kernels.length,
  pageBytes: statSync(page).size,
  writeMs: Math.round(median(writing)),
  loadMs: { median: Math.round(median(opening)), most: Math.round(Math.max(...opening)), rounds },
  firstPaintMs: { median: Math.round(median(painting)), most: Math.round(Math.max(...painting)) },
}
await browser.close()
rmSync(folder, { recursive: true })
console.log(result)
writeFileSync(new URL('results/html-report.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`)

// Peak memory of whole processes, verification off: the largest model of a folder, and a generated model with 3 GiB of external
// weights. Usage: node bench/memory.mjs FOLDER [GiB]. Writes bench/results/memory.json. Needs dist/ and free disk space.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toProto } from '../dist/export/to-proto.js'
import { buildModel } from '../dist/ir/build.js'
import { Tensor } from '../dist/ir/tensor.js'
import { encodeModel } from '../dist/onnx/codec.js'
import { machine } from './machine.mjs'

const [folder, gib = '3'] = process.argv.slice(2)
const here = fileURLToPath(new URL('.', import.meta.url))
const out = mkdtempSync(join(tmpdir(), 'memory-'))

function peakOf(model) {
  const args = [
    'time',
    '-f',
    'peak %M',
    process.execPath,
    join(here, '../dist/cli/main.js'),
    model,
    '--no-verify',
    '--quiet',
    '--out',
    join(out, 'result.onnx'),
  ]
  const start = performance.now()
  const { status, stderr } = spawnSync('/usr/bin/env', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return { peakMb: Number(/peak (\d+)/.exec(stderr)[1]) / 1024, seconds: (performance.now() - start) / 1000 }
}

/** A chain of matrices of 4096 x 4096 floats (64 MiB each) in one file beside the model. */
function generate(path, layers) {
  const bytes = 4096 * 4096 * 4
  const data = openSync(`${path}.data`, 'w')
  const block = Buffer.alloc(bytes)
  for (let i = 0; i < layers; i++) {
    block.writeFloatLE(i, 4 * i)
    writeSync(data, block)
  }
  closeSync(data)
  const model = buildModel((g) => {
    let value = g.input('x', 'float32', ['n', 4096])
    for (let i = 0; i < layers; i++) {
      const source = { byteLength: bytes, read: () => Buffer.alloc(0) }
      const weight = g.constant(Tensor.fromSource('float32', [4096, 4096], source), `w${i}`)
      value = g.op('Relu', [g.op('Identity', [g.op('MatMul', [value, weight])])])
    }
    g.output(value, 'y')
  })
  const proto = toProto(model)
  for (const [i, tensor] of proto.graph.initializer.entries()) {
    delete tensor.raw_data
    tensor.data_location = 1
    const entries = { location: 'large.onnx.data', offset: String(i * bytes), length: String(bytes) }
    tensor.external_data = Object.entries(entries).map(([key, value]) => ({ key, value }))
  }
  writeFileSync(path, Buffer.concat(encodeModel(proto)))
}

const largest = readdirSync(folder)
  .filter((name) => name.endsWith('.onnx'))
  .map((name) => ({ name, bytes: statSync(join(folder, name)).size }))
  .sort((a, b) => b.bytes - a.bytes)[0]
const shared = { model: largest.name, fileMb: largest.bytes / 2 ** 20, ...peakOf(join(folder, largest.name)) }
console.log(
  `${shared.model}: ${shared.fileMb.toFixed(1)} MB, peak ${shared.peakMb.toFixed(0)} MB (bar ${(1.5 * shared.fileMb + 180).toFixed(0)})`,
)

const path = join(out, 'large.onnx')
generate(path, Number(gib) * 16)
const external = { gib: Number(gib), ...peakOf(path) }
console.log(
  `${gib} GiB of external weights: peak ${external.peakMb.toFixed(0)} MB in ${external.seconds.toFixed(1)} s (bar 600)`,
)
rmSync(out, { recursive: true })
writeFileSync(
  join(here, 'results/memory.json'),
  `${JSON.stringify({ machine: machine(), shared, external }, null, 2)}\n`,
)

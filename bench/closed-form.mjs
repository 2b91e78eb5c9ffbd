// What rewritten nets keep when their weights are refitted in closed form: accuracy on test images by recipe, beside the same
// recipe without a refit; drops with their paired 95 % intervals, time and memory of the whole process. Figures to reach are
// those the project set itself. Calibration images are never test images.
// Usage: node bench/closed-form.mjs SHARED_DIR [part of a case's name]. Needs dist/. Cases are added to
// bench/results/closed-form.json as they are done.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { machine } from './machine.mjs'

const [shared, only = ''] = process.argv.slice(2)
const program = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const results = fileURLToPath(new URL('./results/closed-form.json', import.meta.url))

const cifar = ['images', 'labels'].flatMap((what) => {
  const [end, flag] = what === 'images' ? ['.npy.gz', 'data'] : ['.npy', 'labels']
  return ['train', 'test'].flatMap((set) => [
    `--${set === 'test' ? 'test-' : ''}${flag}`,
    join(shared, `data/cifar10/${set}_${what}${end}`),
  ])
})
const imagenet = ['--data', 'calibration', '--test-data', 'test'].map((word) =>
  word.startsWith('--') ? word : join(shared, 'data/imagenet', word),
)
const nets = {
  cifar_ibn: { file: 'trained/cifar_ibn.onnx', data: [...cifar, '--preprocess', 'none'] },
  mobilenetv2: { file: 'models/mobilenetv2_1.0_224.onnx', data: [...imagenet, '--preprocess', 'tensorflow'] },
}

const fused = (...blocks) => blocks.map((block) => ({ kind: 'block', block, alternative: 'fused' }))
const scaled = (ratio) => ({ kind: 'depth-multiplier', ratio })

/** To reach: share of test images in the right class. */
const cases = [
  { net: 'cifar_ibn', name: 'blocks 0-2', decisions: fused(0, 1, 2), toReach: 0.835 },
  { net: 'cifar_ibn', name: 'x 0.75, blocks 0-2', decisions: [scaled(0.75), ...fused(0, 1, 2)], toReach: 0.79 },
  ...Array.from({ length: 7 }, (_, i) => ({
    net: 'cifar_ibn',
    name: `block ${i}`,
    decisions: fused(i),
    toReach: 0.833,
  })),
  ...[
    [[0], 0.803],
    [[1], 0.813],
    [[2], 0.798],
    [[3], 0.82],
    [[5], 0.795],
    [[8], 0.815],
    [[1, 3], 0.813],
    [[0, 1, 2, 3, 4], 0.75],
    [[1, 2, 3, 4], 0.77],
  ].map(([blocks, toReach]) => ({
    net: 'mobilenetv2',
    name: blocks.length === 1 ? `block ${blocks[0]}` : `blocks ${blocks.join(', ')}`,
    decisions: fused(...blocks),
    toReach,
  })),
]

const folder = mkdtempSync(join(tmpdir(), 'closed-form-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** Of a process and all that it started, in bytes. */
function residentOf(pid) {
  const parents = new Map()
  const sizes = new Map()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      parents.set(Number(entry), Number(fields[1]))
      sizes.set(Number(entry), Number(fields[21]) * 4096)
    } catch {
      // It has ended.
    }
  }
  const isBelow = (child) => child === pid || (parents.has(child) && child > 1 && isBelow(parents.get(child)))
  return [...sizes].filter(([each]) => isBelow(each)).reduce((sum, [, size]) => sum + size, 0)
}

/** The report of one run, with seconds and the most memory that was seen. */
async function optimize({ file, data }, decisions, tune) {
  const recipe = join(folder, 'recipe.json')
  const report = join(folder, 'report.json')
  writeFileSync(recipe, JSON.stringify({ recipeVersion: 1, decisions }))
  const args = ['--recipe', recipe, '--tune', tune, '--best-effort', '--no-verify', '--quiet', '--threads', '2']
  const paths = ['--out', join(folder, 'out.onnx'), '--report', report]
  const started = performance.now()
  const child = spawn(process.execPath, [program, join(shared, file), ...data, ...args, ...paths], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, residentOf(child.pid))
  }, 200)
  const code = await new Promise((resolve) => child.on('exit', resolve))
  clearInterval(timer)
  if (code !== 0) throw new Error(`exit code ${code}`)
  const seconds = (performance.now() - started) / 1000
  return { report: JSON.parse(readFileSync(report, 'utf8')), seconds, peakBytes: peak }
}

const rounded = (value, digits = 4) => Number(value.toFixed(digits))

for (const { net, name, decisions, toReach } of cases.filter(({ net, name }) => `${net} ${name}`.includes(only))) {
  const plain = await optimize(nets[net], decisions, 'none')
  const { report, seconds, peakBytes } = await optimize(nets[net], decisions, 'closed-form')
  const { before, after, drop, dropInterval, samples } = report.accuracy
  const entry = {
    net,
    name,
    samples,
    original: rounded(before),
    inherited: rounded(plain.report.accuracy.after),
    refitted: rounded(after),
    drop: rounded(drop),
    dropInterval: dropInterval.map((bound) => rounded(bound)),
    toReach,
    latencyChange: rounded(report.after.latencyMs / report.before.latencyMs - 1),
    seconds: rounded(seconds, 1),
    peakMegabytes: Math.round(peakBytes / 1e6),
  }
  let known = { cases: [] }
  try {
    known = JSON.parse(readFileSync(results, 'utf8'))
  } catch {
    // The first case of all.
  }
  const others = known.cases.filter((each) => each.net !== net || each.name !== name)
  const order = (each) => cases.findIndex((one) => one.net === each.net && one.name === each.name)
  const sorted = [...others, entry].sort((a, b) => order(a) - order(b))
  writeFileSync(results, `${JSON.stringify({ machine: machine(), cases: sorted }, null, 2)}\n`)
  const [share, reach] = [after, toReach].map((value) => `${(100 * value).toFixed(2)} %`)
  console.log(`${net} ${name}: ${share} (to reach ${reach}), ${entry.seconds} s, ${entry.peakMegabytes} MB`)
}

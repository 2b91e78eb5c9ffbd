// What rewritten nets keep when their weights are refitted in closed form: accuracy on test images by recipe, beside the same
// recipe without a refit; drops with their paired 95 % intervals, time and memory of the whole process. Figures to reach are
// those the project set itself. Calibration images are never test images.
// Usage: node bench/closed-form.mjs SHARED_DIR [part of a case's name]. Needs dist/. Cases are added to
// bench/results/closed-form.json as they are done.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addCase } from './case-results.mjs'
import { netsIn } from './nets.mjs'
import { runOptimize } from './run-optimize.mjs'

const [shared, only = ''] = process.argv.slice(2)
const results = fileURLToPath(new URL('./results/closed-form.json', import.meta.url))

const nets = netsIn(shared)

const fused = (...blocks) => blocks.map((block) => ({ kind: 'block', block, alternative: 'fused' }))
/** Separable pairs of the depthwise net become one convolution each, all widths even and multiples of eight. */
const depthwiseRecipe = [
  ...[0, 1].map((i) => ({ kind: 'block', block: `/blocks/blocks.${i}/dw/conv/Conv`, alternative: 'joined' })),
  ...[
    ['/stem/conv/Conv_output_0', 8],
    ...[16, 32, 32, 64, 64, 80, 80].map((size, i) => [`/blocks/blocks.${i}/pw/conv/Conv_output_0`, size]),
  ].map(([group, size]) => ({ kind: 'width', group, size })),
]
const scaled = (ratio) => ({ kind: 'depth-multiplier', ratio })

/** To reach: share of test images in the right class. */
const cases = [
  { net: 'cifar_ibn', name: 'blocks 0-2', decisions: fused(0, 1, 2), toReach: 0.835 },
  { net: 'cifar_ibn', name: 'x 0.75, blocks 0-2', decisions: [scaled(0.75), ...fused(0, 1, 2)], toReach: 0.79 },
  ...Array.from({ length: 8 }, (_, i) => ({
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
  // Fused where the estimate for neural-engine gains more than a hundredth.
  ...[
    ['shapes_ibn', [0, 1, 2]],
    ['cifar_ibn', [0, 1, 2, 3, 4]],
    ['camvid_seg', [0, 1, 2, 3, 4]],
    ['person_det', [0, 1, 2, 3, 4, 5]],
  ].flatMap(([net, blocks]) => [
    { net, name: 'widths only: x 0.75', decisions: [scaled(0.75)] },
    { net, name: `fusion only: ${blocks.join(', ')}`, decisions: fused(...blocks) },
    { net, name: `both: x 0.75, ${blocks.join(', ')}`, decisions: [scaled(0.75), ...fused(...blocks)] },
  ]),
  { net: 'cifar_dw', name: 'widths only: x 0.75', decisions: [scaled(0.75)] },
  // Towards -47 % of weights and peak activations, chosen by training images that were held out.
  { net: 'cifar_dw', name: 'depthwise recipe', decisions: depthwiseRecipe },
]

const folder = mkdtempSync(join(tmpdir(), 'closed-form-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** One run of a recipe. */
function optimize({ file, data }, decisions, tune) {
  const recipe = join(folder, 'recipe.json')
  writeFileSync(recipe, JSON.stringify({ recipeVersion: 1, decisions }))
  const args = ['--recipe', recipe, '--tune', tune, '--best-effort', '--no-verify', '--quiet', '--threads', '2']
  return runOptimize(join(shared, file), [...data, ...args], folder)
}

const memory = ({ weightBytes, peakActivationBytes }) => weightBytes + peakActivationBytes
const keyOf = ({ net, name }) => `${net} ${name}`

const rounded = (value, digits = 4) => Number(value.toFixed(digits))

for (const { net, name, decisions, toReach } of cases.filter(({ net, name }) => `${net} ${name}`.includes(only))) {
  const plain = await optimize(nets[net], decisions, 'none')
  const { report, seconds, peakBytes } = await optimize(nets[net], decisions, 'closed-form')
  const { metric, before, after, drop, dropInterval, samples } = report.accuracy
  const entry = {
    net,
    name,
    metric,
    samples,
    original: rounded(before),
    inherited: rounded(plain.report.accuracy.after),
    refitted: rounded(after),
    drop: rounded(drop),
    dropInterval: dropInterval.map((bound) => rounded(bound)),
    ...(toReach !== undefined && { toReach }),
    latencyChange: rounded(report.after.latencyMs / report.before.latencyMs - 1),
    peakActivationChange: rounded(report.after.peakActivationBytes / report.before.peakActivationBytes - 1),
    memoryChange: rounded(memory(report.after) / memory(report.before) - 1),
    parameterChange: rounded(report.after.parameters / report.before.parameters - 1),
    seconds: rounded(seconds, 1),
    peakMegabytes: Math.round(peakBytes / 1e6),
  }
  addCase(results, entry, keyOf, cases.map(keyOf))
  const percent = (value) => `${(100 * value).toFixed(2)} %`
  const aim = toReach === undefined ? '' : ` (to reach ${percent(toReach)})`
  console.log(`${net} ${name}: ${percent(after)}${aim}, ${entry.seconds} s, ${entry.peakMegabytes} MB`)
}

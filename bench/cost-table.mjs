// Candidates a second through the cost table: MobileNetV2 with 8 widths for every group of channels and 4 alternatives for
// every block, all kernels known, random candidates, peak memory included, one core.
// Usage: node bench/cost-table.mjs MOBILENETV2.onnx [target ...]. Needs dist/. Writes bench/results/cost-table.json.
import { writeFileSync } from 'node:fs'
import { CostTable } from '../dist/estimator/cost-table.js'
import { estimate } from '../dist/estimator/estimate.js'
import { callMs } from '../dist/estimator/interaction.js'
import { kernelCoster } from '../dist/estimator/kernel-coster.js'
import { changeKernel } from '../dist/estimator/kernel-variant.js'
import { loadPredictor } from '../dist/estimator/predictor.js'
import { residentBytes } from '../dist/hw/cycles/cost.js'
import { planKernels } from '../dist/hw/kernels.js'
import { compileSweep, peakOf } from '../dist/hw/memory/peak.js'
import { planMemory } from '../dist/hw/memory/plan.js'
import { loadTarget } from '../dist/hw/target.js'
import { readModel } from '../dist/import/read-model.js'
import { inferTypes } from '../dist/ir/infer.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { machine } from './machine.mjs'

const [file, ...names] = process.argv.slice(2)
const targets = names.length > 0 ? names : ['neural-engine', 'v100-tensorrt', 'cpu']
const widthCount = 8
const alternatives = ['as it is', 'fused', 'depthwise 5x5', 'fused 5x5']

/** Groups of values whose channels are one: depthwise kernels, additions and pools keep them. */
function channelGroups(kernels) {
  const parent = new Map()
  const root = (value) => {
    let at = value
    while (parent.has(at)) at = parent.get(at)
    return at
  }
  for (const { shape, inputs, outputs } of kernels) {
    const mixes = shape.macs > 0 && shape.kind !== 'depthwise'
    // A residual that is added on the array has its output's channels.
    const same = [...(mixes ? inputs.slice(1) : inputs), ...outputs].map(({ value }) => root(value))
    for (const value of same.slice(1)) if (value !== same[0]) parent.set(value, same[0])
  }
  return root
}

/** Widths of groups and alternatives of inverted bottlenecks as choices of a cost table. */
function spaceOf(model, target) {
  inferTypes(model)
  const { kernels } = planKernels(model, target)
  const { alignBytes = 1 } = target.memory
  const plan = planMemory(kernels, { alignBytes })
  const aligned = (bytes) => Math.ceil(bytes / alignBytes) * alignBytes
  const root = channelGroups(kernels)
  const interaction = target.kind === 'measured' ? loadPredictor(target.predictor).file.interaction : undefined
  const optionCounts = []
  const widthChoice = new Map()
  const fixed = new Set(
    kernels
      .flatMap(({ inputs, outputs }) => [...inputs, ...outputs])
      .filter(({ value }) => value.isInput || value.isGraphOutput)
      .map(({ value }) => root(value)),
  )
  const channels = new Map()
  for (const { shape, outputs } of kernels) {
    const group = root(outputs[0].value)
    if (fixed.has(group)) continue
    if (!widthChoice.has(group)) widthChoice.set(group, optionCounts.push(widthCount) - 1)
    channels.set(group, Math.max(shape.outChannels, channels.get(group) ?? 0))
  }
  const widthOf = (group, option) => Math.max(8, Math.round((channels.get(group) * (option + 1)) / widthCount / 8) * 8)

  // A block: expand 1x1, depthwise, project 1x1; where the target does not fuse activations they are kernels in between.
  const blockOf = new Map()
  const isActivation = (i) => kernels[i]?.shape.kind === 'vector' && kernels[i].inputs.length === 1
  const fusedValues = []
  kernels.forEach(({ shape, inputs }, i) => {
    if (shape.kind !== 'depthwise') return
    let expand = i - 1
    while (isActivation(expand)) expand -= 1
    if (kernels[expand]?.shape.macs === 0 || kernels[expand]?.shape.kernelHeight !== 1) return
    const choice = optionCounts.push(alternatives.length) - 1
    const block = { choice, stride: shape.strideHeight, depthwise: shape, input: inputs[0].value }
    for (let k = expand; k < i; k++) blockOf.set(k, { ...block, role: k === expand ? 'expand' : 'expand-activation' })
    blockOf.set(i, { ...block, role: 'depthwise' })
    let last = i
    while (isActivation(last + 1)) blockOf.set(++last, { ...block, role: 'depthwise-activation' })
    fusedValues.push({ ...block, output: kernels[last].outputs[0].value })
  })
  const blocks = new Set([...blockOf.values()].map(({ choice }) => choice)).size

  const limit = residentBytes(target)
  const resized = (bytes, value, width) => {
    const group = root(value)
    return widthChoice.has(group) ? (bytes * width(group)) / channels.get(group) : bytes
  }
  const tableKernels = kernels.map((kernel, i) => {
    const { shape, inputs, outputs } = kernel
    const groups = [inputs[0].value, outputs[0].value].map(root)
    const block = blockOf.get(i)
    const widths = [...new Set(groups)].filter((group) => widthChoice.has(group))
    const choices = [...widths.map((group) => widthChoice.get(group)), ...(block ? [block.choice] : [])]
    return {
      name: kernel.name,
      choices,
      repeats: kernel.repeats,
      variant(options) {
        const width = (group) => widthOf(group, options[widths.indexOf(group)])
        const [input, output] = groups
        // Elementwise kernels have no channels of their own: they shrink with their values.
        const isFlat = shape.inChannels === 1 && shape.outChannels === 1
        const change = {}
        if (!isFlat && widths.includes(input)) change.inChannels = width(input)
        if (!isFlat && widths.includes(output)) change.outChannels = width(output)
        if (isFlat && widths.includes(output)) {
          const share = width(output) / channels.get(output)
          change.inHeight = Math.round(shape.inHeight * share)
          change.outHeight = Math.round(shape.outHeight * share)
        }
        if (shape.kind === 'depthwise' && change.inChannels) change.groups = change.inChannels
        const alternative = block === undefined ? 0 : options.at(-1)
        if (alternative > 0) {
          const isFused = alternative !== 2
          const window = alternative === 1 ? 3 : 5
          const { role, depthwise, stride } = block
          // A fused block has one inner value, at the size of its output.
          if (isFused && role.startsWith('depthwise')) return undefined
          if (isFused && role === 'expand-activation') {
            for (const key of ['inHeight', 'outHeight'])
              change[key] = Math.round((change[key] ?? shape[key]) / stride ** 2)
          }
          if (role === 'depthwise' || (isFused && role === 'expand'))
            Object.assign(change, { kernelHeight: window, kernelWidth: window })
          if (isFused && role === 'expand')
            Object.assign(change, { outHeight: depthwise.outHeight, outWidth: depthwise.outWidth })
        }
        const changed = changeKernel(shape, change)
        const inDram = (list) =>
          list.reduce((sum, { value, bytes }) => {
            const size = resized(bytes, value, width)
            return sum + (size > limit ? size : 0)
          }, 0)
        const isShrunk = changed.outHeight !== shape.outHeight
        const placement = {
          dramInputBytes: inDram(inputs),
          dramOutputBytes: isShrunk ? (changed.outputBytes > limit ? changed.outputBytes : 0) : inDram(outputs),
        }
        return { shape: changed, placement }
      },
    }
  })
  const tableActivations = plan.buffers.map(({ value, bytes }) => {
    const group = root(value)
    const kernel = kernels.findIndex(({ outputs }) => outputs.some((output) => output.value === value))
    const block = blockOf.get(kernel)
    if (!widthChoice.has(group)) return { choices: [], bytes: () => bytes }
    return {
      choices: [widthChoice.get(group), ...(block === undefined ? [] : [block.choice])],
      bytes([option, alternative]) {
        const size = (bytes * widthOf(group, option)) / channels.get(group)
        if (alternative !== 1 && alternative !== 3) return aligned(size)
        // The value that the depthwise kernel read lives on to the projection: it is an activation of its own, below.
        return block.role.startsWith('depthwise') || value === block.input ? 0 : aligned(size / block.stride ** 2)
      },
    }
  })
  const bufferOf = new Map(plan.buffers.map((buffer) => [buffer.value, buffer]))
  const lives = [...plan.buffers]
  for (const { choice, stride, input, output } of fusedValues) {
    const { first, bytes } = bufferOf.get(input)
    const group = root(input)
    lives.push({ first, last: bufferOf.get(output).last })
    tableActivations.push({
      choices: [widthChoice.get(group), choice],
      bytes: ([option, alternative]) =>
        alternative === 1 || alternative === 3
          ? (bytes * widthOf(group, option)) / channels.get(group) / stride ** 2
          : 0,
    })
  }
  const { sweep: given } = plan
  const sweep = compileSweep(
    plan.order.length,
    { first: Int32Array.from(lives, ({ first }) => first), last: Int32Array.from(lives, ({ last }) => last) },
    plan.order.map((_, step) => [
      ...given.overwritable.slice(given.overwritableStart[step], given.overwritableStart[step + 1]),
    ]),
    given.result,
  )
  const asItIs = Uint8Array.from(optionCounts, (count, choice) =>
    [...widthChoice.values()].includes(choice) ? count - 1 : 0,
  )
  return {
    asItIs,
    groups: widthChoice.size,
    blocks,
    spec: {
      optionCounts,
      kernels: tableKernels,
      activations: tableActivations,
      peakBytes: (sizes) => peakOf({ sweep }, sizes),
      cost: kernelCoster(target),
      callMs:
        interaction === undefined
          ? 0
          : callMs(
              model.graph.inputs.filter(({ tensor }) => tensor === undefined).length,
              model.graph.outputs.length,
              interaction,
            ),
    },
  }
}

const model = await readModel(file)
const results = {}
for (const name of targets) {
  const target = loadTarget(name)
  const { spec, asItIs, groups, blocks } = spaceOf(model, target)
  const table = new CostTable(spec)
  const whole = estimate(model, target)
  const base = { ...table.score(asItIs) }
  for (const [key, found, expected] of [
    ['latency', base.latencyMs, whole.latencyMs],
    ['energy', base.energyMj, whole.energyMj],
    ['weights', base.weightBytes, whole.weightBytes],
    ['peak memory', base.peakBytes, whole.peakActivationBytes],
  ]) {
    if (Math.abs(found / expected - 1) > 1e-9)
      throw new Error(`${name}: ${key} ${found}, the estimate says ${expected}`)
  }
  const random = new SeededRandom(1)
  const candidates = Array.from({ length: 20_000 }, () =>
    Uint8Array.from(spec.optionCounts, (count) => random.integer(0, count - 1)),
  )
  const coldStart = performance.now()
  for (const candidate of candidates) table.score(candidate)
  const coldSeconds = (performance.now() - coldStart) / 1000
  const rates = []
  let checksum = 0
  for (let repeat = 0; repeat < 15; repeat++) {
    const start = performance.now()
    for (const candidate of candidates) {
      const { latencyMs, peakBytes } = table.score(candidate)
      checksum += latencyMs + peakBytes
    }
    rates.push(candidates.length / ((performance.now() - start) / 1000))
  }
  const changes = candidates.map((candidate) => {
    const choice = random.integer(0, candidate.length - 1)
    return [choice, candidate[choice]]
  })
  table.start(candidates[0])
  const updateRates = []
  for (let repeat = 0; repeat < 15; repeat++) {
    const start = performance.now()
    for (const [choice, option] of changes) checksum += table.update(choice, option).latencyMs
    updateRates.push(changes.length / ((performance.now() - start) / 1000))
  }
  const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1]
  results[name] = {
    kernels: spec.kernels.length,
    activations: spec.activations.length,
    widthGroups: groups,
    blocks,
    space: `${widthCount}^${groups} x ${alternatives.length}^${blocks}`,
    kernelsPredicted: table.predicted,
    firstPassPerSecond: Math.round(candidates.length / coldSeconds),
    scoresPerSecond: Math.round(median(rates)),
    slowestScoresPerSecond: Math.round(Math.min(...rates)),
    updatesPerSecond: Math.round(median(updateRates)),
    asItIs: base,
    checksum,
  }
  console.log(name, results[name])
}
writeFileSync(
  new URL('results/cost-table.json', import.meta.url),
  `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`,
)

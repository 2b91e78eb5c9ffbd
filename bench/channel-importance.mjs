// What tells best which channels can go: every channel group of a CIFAR-10 net by itself at half its width, and a depth
// multiplier of 0.75, nothing refitted; top-1 on the test images by criterion. Random choices are the measure of all; what looks
// at data looks at training images. With weights refitted: channel-scores.mjs.
// Usage: node bench/channel-importance.mjs TRAINED_DIR CIFAR10_DIR [images]. Needs dist/. Writes bench/results/channel-importance.json.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'npyjs'
import { openDataSet } from '../dist/accuracy/open-data-set.js'
import { toProto } from '../dist/export/to-proto.js'
import { readModel } from '../dist/import/read-model.js'
import { inferTypes } from '../dist/ir/infer.js'
import { Tensor } from '../dist/ir/tensor.js'
import { encodeModel } from '../dist/onnx/codec.js'
import { channelGroups } from '../dist/passes/architecture/channel-groups.js'
import { Correspondence } from '../dist/passes/architecture/correspondence.js'
import { isDeclined } from '../dist/passes/architecture/declined.js'
import { batchNormScale, consumerNorm, scaledConsumerNorm, weightNorm } from '../dist/passes/architecture/importance.js'
import { applyDepthMultiplier, applyWidth } from '../dist/passes/architecture/set-width.js'
import { freeGroups } from '../dist/passes/architecture/widths.js'
import { SeededRandom } from '../dist/runtime/random.js'
import { isFailure, Runtime } from '../dist/runtime/session.js'
import { gatherMoments } from '../dist/tune/channel-moments.js'
import { activationEnergy, missingShare, refitError } from '../dist/tune/channel-scores.js'
import { machine } from './machine.mjs'

const [trained, cifar, count = '1000'] = process.argv.slice(2)
const images = Number(count)
const names = ['cifar_ibn.raw.onnx', 'cifar_ibn.onnx', 'cifar_dw.raw.onnx', 'cifar_dw.onnx']

const random = (seed) => (group) => {
  const source = new SeededRandom(seed + group.units)
  return Float64Array.from({ length: group.units }, () => source.uniform())
}
/** Scores by name, for what values stand for. */
const criteriaOf = (moments) => ({
  random1: () => random(1),
  random2: () => random(2),
  random3: () => random(3),
  producers: () => weightNorm,
  consumers: () => consumerNorm,
  batchNormScale: () => (group) => batchNormScale(group) ?? weightNorm(group),
  scaledConsumers: () => scaledConsumerNorm,
  energy: activationEnergy(moments),
  missing: missingShare(moments),
  refit: refitError(moments),
})

/** NHWC bytes -> [count, 3, 32, 32] floats, 0 to 255. */
function readImages() {
  const bytes = gunzipSync(readFileSync(join(cifar, 'test_images.npy.gz')))
  const { data } = parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  const planes = new Float32Array(images * 3 * 1024)
  for (let i = 0; i < images; i++)
    for (let at = 0; at < 1024; at++)
      for (let c = 0; c < 3; c++) planes[(i * 3 + c) * 1024 + at] = data[(i * 1024 + at) * 3 + c]
  return Tensor.fromArray('float32', [images, 3, 32, 32], planes)
}

function readLabels() {
  const bytes = readFileSync(join(cifar, 'test_labels.npy'))
  return parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)).data
}

const [inputs, labels] = [readImages(), readLabels()]
const runtime = new Runtime()

/** Share of images whose largest logit is that of their class. */
async function topOne(model) {
  const session = await runtime.load({ bytes: Buffer.concat(encodeModel(toProto(model))) }, { optimization: 'all' })
  if (isFailure(session)) throw new Error(session.message)
  const results = await runtime.run(session, new Map([['image', inputs]]))
  await runtime.release(session)
  if (isFailure(results)) throw new Error(results.message)
  const logits = results.get('logits').numbers()
  let right = 0
  for (let i = 0; i < images; i++) {
    let best = 0
    for (let k = 1; k < 10; k++) if (logits[10 * i + k] > logits[10 * i + best]) best = k
    if (best === Number(labels[i])) right += 1
  }
  return right / images
}

async function fresh(name) {
  const model = await readModel(join(trained, name))
  inferTypes(model)
  return model
}

async function after(name, change) {
  const model = await fresh(name)
  const result = change(model)
  if (isDeclined(result)) throw new Error(`${result.reason} at ${result.place}`)
  return topOne(model)
}

const results = []
for (const name of names) {
  const groups = freeGroups(channelGroups(await fresh(name)))
  const record = { model: name, original: await topOne(await fresh(name)), groups: groups.length, criteria: {} }
  const original = await fresh(name)
  const data = await openDataSet({ data: join(cifar, 'train_images.npy.gz'), model: original })
  for (const [criterion, scorer] of Object.entries(criteriaOf(await gatherMoments(original, data)))) {
    const options = () => {
      const correspondence = new Correspondence()
      return { correspondence, scores: scorer(correspondence) }
    }
    let sum = 0
    for (const { size, name: group } of groups) {
      const decision = { kind: 'width', group, size: Math.ceil(size / 2) }
      sum += await after(name, (model) => applyWidth(model, decision, options()))
    }
    const multiplier = { kind: 'depth-multiplier', ratio: 0.75, multipleOf: 4 }
    record.criteria[criterion] = {
      halfOfOneGroup: sum / groups.length,
      threeQuartersOfAll: await after(name, (model) => applyDepthMultiplier(model, multiplier, options())),
    }
    console.log(name, criterion, JSON.stringify(record.criteria[criterion]))
  }
  results.push(record)
}
runtime.close()
const text = JSON.stringify({ machine: machine(), images, results }, null, 2)
writeFileSync(new URL('./results/channel-importance.json', import.meta.url), `${text}\n`)

import { isFloat } from '../../ir/dtype.js'
import type { Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import type { Trait } from '../../ir/ops/define.js'
import { Patch } from '../../ir/patch.js'
import type { Tensor } from '../../ir/tensor.js'
import { dimsOf } from '../../ir/type.js'
import { isSum } from '../../passes/architecture/linear-stream.js'
import { fromDoubles } from '../../passes/weights.js'
import { SeededRandom } from '../../runtime/random.js'
import { expose, type Feeds, forward, normalFeeds } from './forward.js'
import { type RandomNet, randomised } from './random-net.js'
import type { ArchitectureScore } from './score.js'

/** How far inputs are moved, as a share of their deviation. */
const perturbation = 0.01

/**
 * How far the features before the head move when the input is moved a little: log E || f(x) - f(x + 0.01 e) ||, x and e normal,
 * plus for each normalized layer the logarithm of the deviation that the normalization took out, which else would hide how wide the
 * layers are. Weights are normal numbers of variance 1, and residual paths are cut, as in the paper: they would let the input
 * through unchanged. f is what the last layer sees, before pooling.
 */
export const zenScore: ArchitectureScore = {
  definition: 'logarithm of how far features before the head move with the input, normalization taken into account',
  source: 'Lin et al., Zen-NAS, ICCV 2021',
  async of(model, { runtime, seed, sizes }) {
    const net = randomised(model, sizes, { seed, deviation: () => 1 })
    const patch = new Patch(net.model)
    cutResiduals(net, patch)
    const features = expose(patch, featuresBeforeHead(net))
    const moments = net.layers
      .filter(({ output, result }) => output !== result)
      .map(({ output }) => momentsOf(patch, output))
    const feeds = normalFeeds(net.model, seed)
    const still = await forward(runtime, net.model, feeds)
    const moved = await forward(runtime, net.model, movedFeeds(feeds, seed))
    const compensation = moments.reduce((sum, names) => sum + Math.log(deviation(still, names) + 1e-12), 0)
    return Math.log(meanDistance(still.get(features)!, moved.get(features)!)) + compensation
  },
}

/** Sums of a value and something that is computed from it: only the latter is left. */
function cutResiduals({ model }: RandomNet, patch: Patch): void {
  for (const node of model.graph.nodes()) {
    if (!isSum(node)) continue
    const [a, b] = node.inputs as [Value, Value]
    const branch = isComputedFrom(b, a) ? b : isComputedFrom(a, b) ? a : undefined
    const sum = node.outputs[0]!
    if (branch !== undefined && Patch.canReplace(sum, branch)) patch.replaceValue(sum, branch)
  }
  patch.collectGarbage(() => false)
}

function isComputedFrom(value: Value, source: Value): boolean {
  const seen = new Set<Value>([value])
  for (const each of seen) {
    if (each === source) return true
    for (const input of each.producer?.inputs ?? []) if (input !== undefined) seen.add(input)
  }
  return false
}

/** What changes no feature but only looks at it from another side. */
const passing: readonly Trait[] = ['pool', 'reduction', 'movement']

/** What the last layer is computed from, pooling and reshaping apart. */
function featuresBeforeHead({ layers }: RandomNet): Value {
  const last = layers.at(-1)
  if (last === undefined) throw new Error('there is no layer with weights')
  let value = last.node.inputs.find((input) => input?.producer !== undefined) ?? last.node.inputs[0]!
  while (value.producer !== undefined && isPassing(value.producer)) value = value.producer.inputs[0]!
  return value
}

const isPassing = (node: Node): boolean => {
  const traits = contextOf(node)?.resolved.op.traits ?? []
  return passing.some((trait) => traits.includes(trait)) && node.inputs[0] !== undefined
}

/** Outputs with means over places, by sample and channel, of a value and of its square. */
function momentsOf(patch: Patch, value: Value): readonly [mean: string, square: string] {
  const { graph } = value
  const op = (opType: string, inputs: readonly Value[]) =>
    patch.append(graph, { opType, inputs, name: `${value.name}_moment`, from: [] }).outputs[0]!
  const pooled = (each: Value) => ((dimsOf(value.type)?.length ?? 0) > 2 ? op('GlobalAveragePool', [each]) : each)
  return [expose(patch, pooled(value)), expose(patch, pooled(op('Mul', [value, value])))]
}

/** Root of the mean over channels of their variances over samples and places. */
function deviation(outputs: ReadonlyMap<string, Tensor>, [mean, square]: readonly [string, string]): number {
  const [means, squares] = [outputs.get(mean)!, outputs.get(square)!]
  const [samples, channels] = [means.dims[0]!, means.dims[1]!]
  const [first, second] = [means.numbers(), squares.numbers()]
  let sum = 0
  for (let channel = 0; channel < channels; channel++) {
    let [all, power] = [0, 0]
    for (let i = channel; i < first.length; i += channels) {
      all += first[i]! / samples
      power += second[i]! / samples
    }
    sum += Math.max(0, power - all ** 2)
  }
  return Math.sqrt(sum / channels)
}

/** Float inputs plus a share of normal numbers. */
function movedFeeds(feeds: Feeds, seed: number): Feeds {
  const random = new SeededRandom(seed + 1)
  const moved = new Map(feeds)
  for (const [name, tensor] of feeds) {
    if (!isFloat(tensor.dtype)) continue
    const values = Float64Array.from(tensor.numbers(), (value) => value + perturbation * random.normal())
    moved.set(name, fromDoubles(tensor.dtype, tensor.dims, values))
  }
  return moved
}

/** Norm of the difference of each sample, mean over samples. */
function meanDistance(a: Tensor, b: Tensor): number {
  const samples = a.dims[0]!
  const [x, y] = [a.numbers(), b.numbers()]
  const perSample = x.length / samples
  let sum = 0
  for (let sample = 0; sample < samples; sample++) {
    let squares = 0
    for (let i = sample * perSample; i < (sample + 1) * perSample; i++) squares += (x[i]! - y[i]!) ** 2
    sum += Math.sqrt(squares)
  }
  return sum / samples
}

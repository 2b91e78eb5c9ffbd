import { isFloat } from '../../ir/dtype.js'
import { UserError } from '../../ir/errors.js'
import type { Outputs } from '../outputs.js'
import { classAnswer, largest } from './class-scores.js'
import { type Metric, meanAccumulator, type ScoredSample } from './metric.js'

export const top1Agreement: Metric = {
  id: 'agreement',
  title: 'top-1 agreement',
  definition: 'share of samples that both models put into the same class',
  higherIsBetter: true,
  unit: 'share',
  needs: 'reference',
  perfect: 1,
  appliesTo: (outputs) => classAnswer(outputs) !== undefined,
  start: () => meanAccumulator((sample) => (classOf(sample.outputs) === classOf(referenceOf(sample)) ? 1 : 0)),
}

export const cosineSimilarity: Metric = {
  id: 'cosine',
  title: 'cosine similarity',
  definition:
    'cosine of the angle between the outputs of both models, all outputs of a sample as one vector; mean over samples',
  higherIsBetter: true,
  unit: 'number',
  needs: 'reference',
  perfect: 1,
  start: () =>
    meanAccumulator((sample) => {
      const { signal, other, product } = energies(sample)
      if (signal === 0 && other === 0) return 1
      return signal === 0 || other === 0 ? 0 : product / Math.sqrt(signal * other)
    }),
}

export const signalToNoise: Metric = {
  id: 'sqnr',
  title: 'signal to noise',
  definition: 'energy of the outputs of the original over that of their differences, both summed over samples',
  higherIsBetter: true,
  unit: 'decibels',
  needs: 'reference',
  perfect: Number.POSITIVE_INFINITY,
  start() {
    const samples: { readonly signal: number; readonly noise: number }[] = []
    return {
      add: (sample) => {
        samples.push(energies(sample))
      },
      scored: () => ({
        figure(weights) {
          let [signal, noise] = [0, 0]
          samples.forEach((sample, at) => {
            signal += weights[at]! * sample.signal
            noise += weights[at]! * sample.noise
          })
          return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise)
        },
      }),
    }
  },
}

export const divergence: Metric = {
  id: 'kl',
  title: 'KL divergence',
  definition:
    'of the class shares of the result from those of the original, in nats (softmax of scores that are no shares); mean over samples',
  higherIsBetter: false,
  unit: 'nats',
  needs: 'reference',
  perfect: 0,
  appliesTo: areClassScores,
  start: () =>
    meanAccumulator((sample) => {
      const original = sharesOf(referenceOf(sample))
      const result = sharesOf(sample.outputs)
      // A share that rounding made zero is as small as a float32 can be.
      return original.reduce(
        (sum, p, i) => (p === 0 ? sum : sum + p * Math.log(p / Math.max(result[i] ?? 0, 2 ** -149))),
        0,
      )
    }),
}

export const expectedDrop: Metric = {
  id: 'expected-drop',
  title: 'expected drop',
  definition:
    'drop of top-1 accuracy, were the original as often right as it is sure: its share of its own class less its share of the ' +
    "result's; mean over samples",
  higherIsBetter: false,
  unit: 'share',
  needs: 'reference',
  perfect: 0,
  appliesTo: areClassScores,
  start: () =>
    meanAccumulator((sample) => {
      const believed = sharesOf(referenceOf(sample))
      return believed[largest(believed)]! - believed[classOf(sample.outputs)]!
    }),
}

function areClassScores(outputs: Outputs): boolean {
  return classAnswer(outputs)?.kind === 'scores'
}

function referenceOf({ reference }: ScoredSample): Outputs {
  if (reference === undefined)
    throw new UserError('usage', '--metric', 'agreement needs two models', 'give a second model, or labels')
  return reference
}

function classOf(outputs: Outputs): number {
  const answer = classAnswer(outputs)
  if (answer === undefined)
    throw new UserError('invalid-data', '', 'no output has one score a class', 'choose another metric with --metric')
  return answer.kind === 'class' ? answer.index : largest(answer.scores)
}

/** Scores of classes as shares that sum to one. */
function sharesOf(outputs: Outputs): Float64Array {
  const answer = classAnswer(outputs)
  if (answer?.kind !== 'scores')
    throw new UserError('invalid-data', '', 'no output has one score a class', 'choose another metric with --metric')
  const scores = Float64Array.from(answer.scores)
  const sum = scores.reduce((a, b) => a + b, 0)
  if (Math.abs(sum - 1) < 1e-3 && scores.every((score) => score >= 0)) return scores.map((score) => score / sum)
  const top = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const powers = scores.map((score) => Math.exp(score - top))
  const total = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / total)
}

/** Sums over the float outputs of a sample: original squared, result squared, product, difference squared. */
function energies(sample: ScoredSample) {
  let [signal, other, product, noise] = [0, 0, 0, 0]
  const reference = referenceOf(sample)
  const results = [...sample.outputs.values()]
  let place = 0
  for (const [name, original] of reference) {
    // A rewritten model keeps the names; two models of different exporters keep the order.
    const result = sample.outputs.get(name) ?? results[place]
    place += 1
    if (!isFloat(original.dtype)) continue
    if (result === undefined || result.size !== original.size) {
      const what = `output ${name} is [${original.dims}] in one model, [${result?.dims ?? 'absent'}] in the other`
      throw new UserError('invalid-data', name, what, 'choose a metric that needs labels')
    }
    const [x, y] = [original.numbers(), result.numbers()]
    for (let i = 0; i < x.length; i++) {
      signal += x[i]! * x[i]!
      other += y[i]! * y[i]!
      product += x[i]! * y[i]!
      noise += (x[i]! - y[i]!) ** 2
    }
  }
  return { signal, other, product, noise }
}

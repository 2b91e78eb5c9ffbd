import { UserError } from '../../ir/errors.js'
import type { Outputs } from '../outputs.js'
import { classAnswer, rankOf } from './class-scores.js'
import { type Metric, meanAccumulator, type ScoredSample } from './metric.js'

export const top1 = topK(1)
export const top5 = topK(5)

function topK(k: number): Metric {
  return {
    id: `top-${k}`,
    title: `top-${k} accuracy`,
    definition:
      k === 1
        ? 'share of samples whose class has the largest score'
        : `share of samples whose class is among the ${k} of the largest scores`,
    higherIsBetter: true,
    unit: 'share',
    needs: 'classes',
    // Among k classes every answer is right.
    ...(k > 1 && { appliesTo: (outputs: Outputs) => hasMoreClasses(outputs, k) }),
    start: () => meanAccumulator((sample) => (isAmong(sample, k) ? 1 : 0)),
  }
}

function hasMoreClasses(outputs: Outputs, k: number): boolean {
  const answer = classAnswer(outputs)
  return answer?.kind === 'scores' && answer.scores.length > k
}

function isAmong({ sample, outputs, labels }: ScoredSample, k: number): boolean {
  if (labels?.kind !== 'classes') throw unscored('class labels are missing', 'give class indexes with --labels')
  const answer = classAnswer(outputs)
  if (answer === undefined)
    throw unscored('no output has one score a class', 'give labels of the kind the model answers')
  const label = labels.classes[sample]!
  if (answer.kind === 'class') return answer.index === label
  const { scores } = answer
  if (label < 0 || label >= scores.length) {
    const what = `sample ${sample} is of class ${label}, the model knows ${scores.length} classes`
    throw unscored(what, 'check that labels count from 0 as the model does')
  }
  // A score that is no number is right about nothing.
  return !Number.isNaN(scores[label]!) && rankOf(scores, label) < k
}

const unscored = (what: string, remedy: string) => new UserError('invalid-data', '', what, remedy)

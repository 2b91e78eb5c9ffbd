import { change, count, significant } from './format.js'
import { type Figure, figures } from './rows.js'
import { latencyRatio, type ZooModel, type ZooSummary } from './zoo-summary.js'

/** Figures of a summary's table; the others are in its CSV. */
const shown = figures.filter(({ key }) => ['latency', 'energy', 'parameters', 'memory', 'nodes'].includes(key))

/** Columns of every view of a summary, and whether they hold figures. */
export const zooColumns = [
  { title: 'model', isFigure: false },
  { title: 'before', isFigure: true },
  { title: 'after', isFigure: true },
  ...shown.map(({ title }) => ({ title, isFigure: true })),
  { title: 'accuracy', isFigure: true },
  { title: 'verified', isFigure: false },
] as const

const latency = figures.find(({ key }) => key === 'latency')!

/** A model as one cell a column. */
export function zooCells(model: ZooModel): string[] {
  const { before = 0, after = 0 } = model.figures['latency'] ?? {}
  return [
    model.name,
    latency.format(before),
    latency.format(after),
    ...shown.map((figure) => changeOf(model, figure)),
    model.accuracy === null ? '-' : `${scoreText(model.accuracy.before)} -> ${scoreText(model.accuracy.after)}`,
    verdictText(model),
  ]
}

const scoreText = (score: number | null): string => (score === null ? 'exact' : significant(score))

function changeOf({ figures: own }: ZooModel, { key }: Figure): string {
  const figure = own[key]
  return figure === undefined ? '-' : change(figure.before, figure.after)
}

const verdictText = ({ verdict, reason }: ZooModel): string =>
  verdict === 'agrees' ? 'yes' : verdict === 'unverified' ? `no: ${reason ?? 'unknown reason'}` : 'not compared'

/** `37 of 39 models, latency x 0.81 in the mean, 2 failed, 1 unverified`. */
export function zooHeadline({ totals }: ZooSummary): string {
  const { done, failed, unverified, latencyRatio: mean } = totals
  return [
    `${count(done)} of ${count(done + failed)} models`,
    ...(mean === null ? [] : [`latency x ${mean.toFixed(3)} in the mean`]),
    ...(failed === 0 ? [] : [`${count(failed)} failed`]),
    ...(unverified === 0 ? [] : [`${count(unverified)} unverified`]),
  ].join(', ')
}

/** One line on a finished model: what became of its latency. */
export function gainText(model: ZooModel): string {
  const { before = 0, after = 0 } = model.figures['latency'] ?? {}
  return `${latency.format(before)} -> ${latency.format(after)}, ${change(1, latencyRatio(model))}`
}

/** A file beside the summary, as a link to it is written. */
export const linkTo = (path: string): string =>
  path
    .split('/')
    .map((part) => encodeURIComponent(part).replaceAll('(', '%28').replaceAll(')', '%29'))
    .join('/')

import type { GroupValidation } from '../estimator/fit/validate.js'
import type { PredictorFile } from '../estimator/predictor.js'
import { count } from './format.js'
import { type Colors, plainTable } from './terminal.js'

const percent = (share: number): string => (Number.isNaN(share) ? '-' : `${(100 * share).toFixed(1)} %`)
const error = (value: number): string => (Number.isNaN(value) ? '-' : `${value.toFixed(1)} %`)
const tau = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(3))

/** How a fit did on families of shapes left out, kernel by kernel, beside what multiply-accumulates alone would say. */
export function fitReport(predictor: PredictorFile, colors: Colors): string {
  const { data, device } = predictor
  const head = ['kernel', 'precision', 'method', 'rows', 'families', 'MAPE', '<= 5 %', '<= 10 %', 'tau', '90 % cover']
  const table = plainTable(
    [...head, 'MAPE of MACs: power, line'].map((title) => colors.dim(title)),
    ['left', 'left', 'left', ...Array(8).fill('right')],
  )
  for (const { kind, precision, method, rows, families, validation } of predictor.models) {
    table.push([
      kind,
      precision,
      method,
      count(rows),
      count(families),
      error(validation.mape),
      percent(validation.within5),
      percent(validation.within10),
      tau(validation.kendallTau),
      percent(validation.coverage90),
      colors.dim(`${error(validation.macsPowerLaw.mape)}, ${error(validation.macsLine.mape)}`),
    ])
  }
  const title = `${colors.bold(predictor.name)}: ${count(data.rows)} rows of ${device}`
  const { parallelism } = predictor
  const steps =
    parallelism === undefined
      ? ''
      : `\nlatency steps at multiples of ${count(parallelism.input)} input and ${count(parallelism.output)} output channels`
  return `${title}; figures on families of shapes left out\n${table.toString()}${steps}`
}

/** How a predictor did on a table it was not fitted to. */
export function validationReport(
  predictor: PredictorFile,
  file: string,
  groups: readonly GroupValidation[],
  colors: Colors,
): string {
  const head = [
    'kernel',
    'precision',
    'rows',
    'MAPE',
    'RMSPE',
    '<= 5 %',
    '<= 10 %',
    'tau',
    '90 % cover',
    'out of range',
  ]
  const table = plainTable(
    head.map((title) => colors.dim(title)),
    ['left', 'left', ...Array(8).fill('right')],
  )
  for (const group of groups) {
    table.push([
      group.kernel,
      group.precision,
      count(group.count),
      error(group.mape),
      error(group.rmspe),
      percent(group.within5),
      percent(group.within10),
      tau(group.kendallTau),
      percent(group.coverage90),
      percent(group.outOfRange),
    ])
  }
  return `${colors.bold(predictor.name)} on ${file}\n${table.toString()}`
}

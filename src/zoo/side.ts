import { readFile } from 'node:fs/promises'
import { estimateFile } from '../estimator/estimate-file.js'
import type { Target } from '../hw/target.js'
import { readModel } from '../import/read-model.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import { type Side, sideOfReport } from '../report/diff.js'
import type { Report } from '../report/report.js'
import { fileFacts } from './facts.js'

/** One side of `diff`: a report as it is, or a model that is estimated on the target now. */
export async function readSide(
  file: string,
  target: Target,
  bind: (model: Model) => Map<string, number>,
): Promise<Side> {
  if (file.endsWith('.json')) return sideOfReport(await readReport(file), file)
  const model = await readModel(file)
  const facts = await fileFacts(file, model)
  return { file, facts, metrics: await estimateFile(model, file, target, { symbols: bind(model) }) }
}

async function readReport(file: string): Promise<Report> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new UserError('not-found', '', (error as Error).message, 'check the path', file)
  }
  let report: Partial<Report>
  try {
    report = JSON.parse(text) as Partial<Report>
  } catch (error) {
    throw new UserError(
      'invalid-data',
      '',
      `not JSON: ${(error as Error).message}`,
      'give a report written by --report',
      file,
    )
  }
  if (report.reportVersion !== 1 || report.after === undefined || report.model === undefined) {
    const found = JSON.stringify(report.reportVersion) ?? 'nothing'
    throw new UserError(
      'invalid-data',
      '/reportVersion',
      `expected 1, found ${found}`,
      'give a report written by --report',
      file,
    )
  }
  if (report.after.energy === undefined || report.after.memory === undefined) {
    throw new UserError(
      'invalid-data',
      '/after',
      'no energy or memory: an older version wrote it',
      'write the report again, or give the model itself',
      file,
    )
  }
  return report as Report
}

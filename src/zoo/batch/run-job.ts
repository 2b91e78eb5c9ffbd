import { mkdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { removeStaged } from '../../export/staging.js'
import { writeText } from '../../export/write-text.js'
import { readModel } from '../../import/read-model.js'
import { UserError } from '../../ir/errors.js'
import type { Model } from '../../ir/graph.js'
import type { Report } from '../../report/report.js'
import { zooModelOf } from '../../report/zoo-summary.js'
import { bindSymbols, shapesFor } from '../bind-symbols.js'
import { externalFiles, fileDigest } from '../facts.js'
import { optimizeFile } from '../job.js'
import { type ExternalDigest, type Failed, filesOf, type Outcome, type ZooJob } from './runner.js'

/** Does one job in this process: the result and the report are at their places when it is done. Throws what is our bug. */
export async function runJob(job: ZooJob, onStage: (text: string) => void): Promise<Outcome> {
  const { sharedShape = [], shape = [], batch, ...options } = job.request
  const out = join(job.folder, job.result)
  const reportFile = join(job.folder, job.report)
  const files = filesOf(job).map((path) => join(job.folder, path))
  let boundShapes: readonly string[] = []
  const bind = (model: Model) => {
    boundShapes = shapesFor(model, sharedShape)
    return bindSymbols(model, [...boundShapes, ...shape], batch)
  }
  try {
    for (const file of files) await mkdir(dirname(file), { recursive: true })
    // What an earlier run made of another model, or left half-done, is no result of this one.
    for (const file of [...files, `${out}.data`]) await rm(file, { force: true })
    for (const file of files) await removeStaged(file)
    const report = await optimizeFile(job.file, { ...options, out, bind, tool: job.tool, onStage })
    await writeText(reportFile, `${JSON.stringify(report, null, 2)}\n`)
    if (job.html !== undefined) {
      const { htmlReport } = await import('../../report/html/html-report.js')
      await writeText(join(job.folder, job.html), htmlReport(report))
    }
    const external = await externalDigests(job.file, report)
    if (report.result === null) return { ...refused(report), external }
    return { state: 'done', model: zooModelOf(report, job), external, boundShapes }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    error.file ??= job.file
    return failed(error)
  }
}

/** Faults that are not simply of a file. */
const telling = ['usage', 'write-failed', 'external-data', 'unreachable'] as const

function failed(error: UserError): Failed {
  const kind = telling.find((code) => code === error.code) ?? 'bad-file'
  return { state: 'failed', kind, error: error.line() }
}

/** A model that was made and not emitted. */
function refused({ model, verification, accuracy }: Report): Failed {
  return verification.verdict === 'differs'
    ? {
        state: 'failed',
        kind: 'verification-failed',
        error: `${model.file}: verification failed: ${verification.reason ?? 'the outputs differ'}; please report it`,
      }
    : {
        state: 'failed',
        kind: 'gate-failed',
        error: `${model.file}: the accuracy gate failed: ${accuracy?.gate.reason ?? ''}; allow more with maxDrop, or change the recipe`,
      }
}

/** Digests of the files beside the model. Only a model larger than its file has any. */
async function externalDigests(file: string, { model }: Report): Promise<ExternalDigest[]> {
  if ((await stat(file)).size === model.bytes) return []
  const paths = [...externalFiles(await readModel(file))].sort()
  const digests: ExternalDigest[] = []
  for (const path of paths) digests.push({ path, sha256: await fileDigest(path) })
  return digests
}

import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { type KeptSamples, openKept } from '../../accuracy/kept-samples.js'
import { readModel } from '../../import/read-model.js'
import { inferTypes } from '../../ir/infer.js'
import type { CuratedSizes } from '../../passes/architecture/widths.js'
import { FidelityEvaluator } from '../../search/evaluator.js'
import type { MomentRecords } from '../../tune/channel-moments.js'
import { scorerBy } from '../../tune/channel-scorers.js'
import type { TuneEffort } from '../../tune/effort.js'
import { openFidelityTable, type TableModel, type TableOptions } from '../open-fidelity-table.js'

/** What a process needs to evaluate recipes as this one would: plain data, and the names of files. */
export interface LaneSetup extends Omit<TableModel, 'teacher'> {
  /** File of the original in the form in which it is rewritten. */
  readonly teacher: string
  /** How channels are chosen; undefined: none go. */
  readonly moments: MomentRecords | undefined
  readonly curated: CuratedSizes
  readonly calibration: KeptSamples
  readonly heldOut: KeptSamples
  readonly effort: TuneEffort | undefined
  readonly options: LaneOptions
}

/** Where fidelities are kept is the business of whoever asks. */
type LaneOptions = Pick<
  TableOptions,
  'preprocess' | 'metric' | 'tune' | 'channelScores' | 'tool' | 'threads' | 'timeLimitSeconds'
>

export const writeSetup = (setup: LaneSetup, file: string): Promise<void> => writeFile(file, serialize(setup))

/** An evaluator as `writeSetup` described it; temporary files go to this process's own folder. */
export async function evaluatorFrom(file: string): Promise<FidelityEvaluator> {
  const setup = deserialize(await readFile(file)) as LaneSetup
  const { digest, target, moments, curated, effort, options } = setup
  const teacher = await readModel(setup.teacher)
  inferTypes(teacher)
  const samples = { calibration: openKept(setup.calibration), heldOut: openKept(setup.heldOut), effort }
  const table = await openFidelityTable({ teacher, digest, target }, samples, {
    ...options,
    cache: join(tmpdir(), 'cache'),
  })
  const scores = moments && (await scorerBy(options.channelScores, moments))
  return new FidelityEvaluator(teacher, table, { scores, curated })
}

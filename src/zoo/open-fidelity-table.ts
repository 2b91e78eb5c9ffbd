import { digestDataSet } from '../accuracy/digest-data-set.js'
import { readPreprocess } from '../accuracy/input/preprocess.js'
import { metricsFor } from '../accuracy/metrics/index.js'
import type { RunOptions } from '../accuracy/model-outputs.js'
import type { Model } from '../ir/graph.js'
import type { ResolutionDecision } from '../passes/architecture/decision.js'
import type { Report } from '../report/report.js'
import { channelScoring } from '../tune/channel-scorers.js'
import { contentKey, defaultCacheFolder, FidelityCache } from '../tune/fidelity-cache.js'
import { FidelityTable, type FidelityTableSpec } from '../tune/fidelity-table.js'
import { loadTuner } from '../tune/tuners.js'
import { runOptions } from './tailor.js'

export interface TableOptions extends RunOptions {
  readonly preprocess?: string | undefined
  readonly metric?: string | undefined
  readonly tune?: string | undefined
  readonly channelScores: string
  /** Where fidelities are kept. */
  readonly cache?: string | undefined
  /** Whether what is there already counts; default: it does. */
  readonly resume?: boolean | undefined
  readonly tool: Report['tool']
}

export interface TableModel {
  /** The original, in the form in which it is rewritten. */
  readonly teacher: Model
  /** Of its file; see `modelDigest`. */
  readonly digest: string
  /** What exact passes were for. */
  readonly target: string
  /** What the teacher was brought to; undefined: it is as the file has it. */
  readonly resolution?: ResolutionDecision | undefined
}

export interface TableSamples
  extends Pick<FidelityTableSpec, 'calibration' | 'heldOut' | 'effort' | 'keeps' | 'reference'> {
  /** Default: the one that the options name. */
  readonly tuner?: FidelityTableSpec['tuner']
}

/** The table of fidelities that a model's rewritten forms have in common, for samples to fit to and others to measure on. */
export async function openFidelityTable(
  { teacher, digest, target, resolution }: TableModel,
  samples: TableSamples,
  options: TableOptions,
): Promise<FidelityTable> {
  const { calibration, heldOut, effort, keeps, reference } = samples
  const { tool, channelScores } = options
  const key = contentKey({
    tool,
    model: digest,
    target,
    ...(resolution !== undefined && { resolution }),
    preprocess: options.preprocess === undefined ? null : readPreprocess(options.preprocess),
    calibration: await digestDataSet(calibration),
    heldOut: await digestDataSet(heldOut),
    scores: [channelScores, channelScoring(channelScores).version],
  })
  return new FidelityTable({
    teacher,
    calibration,
    heldOut,
    metric: heldOut.labels === undefined ? undefined : metricsFor(heldOut.labels, options.metric)[0],
    tuner: samples.tuner ?? (await loadTuner(options.tune ?? 'none')),
    effort,
    reference,
    keeps,
    cache: new FidelityCache(options.cache ?? defaultCacheFolder(), options.resume ?? true),
    key,
    options: runOptions(options),
  })
}

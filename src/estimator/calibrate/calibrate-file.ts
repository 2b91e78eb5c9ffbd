import { type Kernel, planKernels } from '../../hw/kernels.js'
import { loadTarget, type Target, targetNames } from '../../hw/target.js'
import { readModel } from '../../import/read-model.js'
import { UserError } from '../../ir/errors.js'
import type { Model } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { callOfMs, type Interaction, inNetworkMs } from '../interaction.js'
import { loadPredictor, type Predictor, type PredictorFile, readPredictor } from '../predictor.js'
import type { ColumnMapping } from '../table/mapping.js'
import { readTable } from '../table/read-table.js'
import { calibrateKernels } from './calibrate-kernels.js'
import { calibrateModels, type MeasuredModel } from './calibrate-models.js'
import type { Calibration } from './calibration.js'
import { type ModelTable, readModelTable } from './read-model-table.js'

export interface CalibrateFileOptions {
  /** A measured target, or a file with a predictor: what is corrected. */
  readonly source: string
  /** How the columns of a table of kernels are read. */
  readonly mapping: ColumnMapping
  /** Whose fusion rules cut whole models into kernels; by default the target given as source. */
  readonly target?: string
  /** Name of the result; by default that of the source with "-calibrated". */
  readonly name?: string
  readonly seed: number
  /** Called with what is being done and the share that is done. */
  readonly onProgress?: (text: string, share: number) => void
}

/**
 * Corrects a predictor to the device that a table was measured on: a table of kernels (`readTable`), or of whole models
 * with the columns model and latency_ms. The result is the predictor with the correction in it. Throws UserError for
 * faults of the table, its models or the source.
 */
export async function calibrateFile(
  file: string,
  { source, mapping, target, name, seed, onProgress }: CalibrateFileOptions,
): Promise<PredictorFile & { readonly calibration: Calibration }> {
  const { predictor, target: ownTarget } = sourceOf(source)
  if (predictor.file.calibration !== undefined) {
    const remedy = 'calibrate the predictor that it was made from'
    throw new UserError('usage', '--calibrate', `${predictor.file.name} is calibrated already`, remedy)
  }
  const models = readModelTable(file)
  const calibration =
    models === undefined
      ? await byKernels(predictor, file, mapping, seed, onProgress)
      : await byModels(predictor, models, planningTarget(target, ownTarget), onProgress)
  const { interaction, ...rest } = predictor.file
  return {
    ...rest,
    ...(interaction !== undefined && { interaction: calibrateInteraction(interaction, calibration) }),
    name: name ?? `${predictor.file.name}-calibrated`,
    calibration,
  }
}

function sourceOf(source: string): { predictor: Predictor; target: Target | undefined } {
  if (!targetNames().includes(source)) return { predictor: readPredictor(source), target: undefined }
  const target = loadTarget(source)
  if (target.kind === 'measured') return { predictor: loadPredictor(target.predictor), target }
  const remedy = 'give a measured target, or a file written by optimize fit'
  throw new UserError('usage', '--calibrate', `${source} has a cycle model, no predictor`, remedy)
}

function planningTarget(name: string | undefined, own: Target | undefined): Target {
  const target = name === undefined ? own : loadTarget(name)
  if (target !== undefined) return target
  const remedy = 'name the target whose kernels the predictor knows'
  throw new UserError('usage', '--target', 'whole models are cut into kernels by the rules of a target', remedy)
}

async function byKernels(
  predictor: Predictor,
  file: string,
  mapping: ColumnMapping,
  seed: number,
  onProgress: CalibrateFileOptions['onProgress'],
): Promise<Calibration> {
  const { rows, ...data } = await readTable(file, mapping)
  if (rows.length < 2)
    throw new UserError('invalid-data', '', '1 row', 'measure at least two kernels, better ten', file)
  return calibrateKernels(predictor, rows, {
    device: data.device,
    data: { file: data.file, sha256: data.sha256 },
    seed,
    onProgress: (share) => onProgress?.(`calibrating by ${rows.length} kernels`, share),
  })
}

async function byModels(
  predictor: Predictor,
  { rows, ...data }: ModelTable,
  target: Target,
  onProgress: CalibrateFileOptions['onProgress'],
): Promise<Calibration> {
  const models: MeasuredModel[] = []
  for (const [i, { path, latencyMs, line }] of rows.entries()) {
    onProgress?.(path, i / rows.length)
    try {
      const model = await readModel(path)
      inferTypes(model)
      const { kernels } = planKernels(model, target)
      if (kernels.length === 0) throw new UserError('invalid-model', '', 'no kernels', 'leave it out of the table')
      models.push({ name: path, kernels, latencyMs, restMs: restMsOf(model, kernels, predictor.file.interaction) })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      // The fault is the model's; the table says which one.
      const place = [`line ${line}`, error.place].filter((part) => part !== '').join(', ')
      throw new UserError(error.code, place, error.message, error.remedy, error.file ?? path)
    }
  }
  return calibrateModels(predictor, models, {
    device: data.device,
    data: { file: data.file, sha256: data.sha256 },
    kernelFactor: predictor.file.interaction?.factor ?? 1,
  })
}

/** Milliseconds that a model takes beyond its kernels by themselves. */
export function restMsOf({ graph }: Model, kernels: readonly Kernel[], interaction: Interaction | undefined): number {
  if (interaction === undefined) return 0
  const traffic = kernels.reduce((sum, { shape, repeats }) => sum + repeats * inNetworkMs(0, shape, interaction), 0)
  return traffic + callOfMs(graph, interaction)
}

/** The sibling's: all times by one factor, and the interval of the models that taught it. */
function calibrateInteraction(interaction: Interaction, { restFactor, unit, halfWidth }: Calibration): Interaction {
  return {
    ...interaction,
    callMs: interaction.callMs * restFactor,
    inputMs: interaction.inputMs * restFactor,
    outputMs: interaction.outputMs * restFactor,
    largeByteMs: interaction.largeByteMs * restFactor,
    weightByteMs: interaction.weightByteMs * restFactor,
    halfWidth: unit === 'models' ? halfWidth : Math.max(halfWidth, interaction.halfWidth),
  }
}

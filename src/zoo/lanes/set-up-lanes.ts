import { join } from 'node:path'
import { keepSamples } from '../../accuracy/kept-samples.js'
import { writeModel } from '../../export/write-model.js'
import type { TableModel, TableOptions, TableSamples } from '../open-fidelity-table.js'
import type { LaneEvaluator, OpenedLanes } from './lane-evaluator.js'
import { type LaneSetup, writeSetup } from './lane-setup.js'

/** What an evaluator in this process was opened with. */
interface LanePlace extends Pick<LaneSetup, 'moments' | 'curated'> {
  readonly model: TableModel
  readonly samples: TableSamples
  readonly options: TableOptions
}

/** Opens lanes that evaluate as `own` does: writes down what it was opened with, samples as the model takes them. */
export async function setUpLanes(
  lanes: LaneEvaluator,
  place: LanePlace,
  opened: Omit<OpenedLanes, 'setup'>,
): Promise<void> {
  const { model, samples, options, moments, curated } = place
  const file = (name: string) => join(lanes.folder, name)
  const { teacher, digest, target } = model
  const { signal, preprocess, metric, tune, channelScores, tool, threads, timeLimitSeconds } = options
  await writeModel(teacher, file('original.onnx'), signal === undefined ? {} : { signal })
  const setup: LaneSetup = {
    teacher: file('original.onnx'),
    digest,
    target,
    moments,
    curated,
    calibration: await keepSamples(samples.calibration, file('calibration')),
    heldOut: await keepSamples(samples.heldOut, file('held-out')),
    effort: samples.effort,
    options: { preprocess, metric, tune, channelScores, tool, threads, timeLimitSeconds },
  }
  await writeSetup(setup, file('setup'))
  lanes.open({ setup: file('setup'), ...opened })
}

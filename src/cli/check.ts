import { stdout } from 'node:process'
import type { Argv, CommandModule } from 'yargs'
import { UserError } from '../ir/errors.js'
import type { AccuracyCheck } from '../report/accuracy-view.js'
import { dataOptions } from './data-options.js'
import { interruptSignal, startProgress, wantsColors } from './progress.js'

const builder = (args: Argv) =>
  args
    .positional('models', { type: 'string', array: true, demandOption: true, describe: 'ONNX files' })
    .options({
      ...dataOptions,
      seed: { type: 'number', default: 0, requiresArg: true, describe: 'seed of the resamples behind the intervals' },
      threads: { type: 'number', default: 1, requiresArg: true, describe: 'onnxruntime threads' },
      json: { type: 'boolean', default: false, describe: 'print JSON' },
    })
    .example('$0 check model.onnx', 'is the file well formed, and what is in it')
    .example('$0 check model.onnx --data images/ --preprocess imagenet', 'its accuracy on class folders of images')
    .example('$0 check a.onnx b.onnx --data x.npy.gz --labels y.npy', 'both accuracies, the drop and its interval')
    .example('$0 check a.onnx b.onnx --data x.npy --max-drop 0.01', 'without labels: how far both agree; a gate for CI')

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never

export const checkCommand: CommandModule<object, Options> = {
  command: 'check <models..>',
  describe: 'check that files are well formed, say what is in them, and how accurate they are',
  builder: builder as CommandModule<object, Options>['builder'] & object,
  async handler(options) {
    const [{ checkFile }, { colorsFor }, { terminalCheck }, { ExitError, exitCodes }] = await Promise.all([
      import('../zoo/check.js'),
      import('../report/terminal.js'),
      import('../report/check-view.js'),
      import('./failure.js'),
    ])
    requireData(options)
    const files = options.models as string[]
    const results = []
    for (const file of files) results.push(await checkFile(file))
    const bad = results.filter(({ error }) => error !== undefined)
    const accuracy = options.data === undefined || bad.length > 0 ? undefined : await runAccuracy(files, options)
    if (options.json) {
      // Without data, the list alone: scripts know it.
      const record = options.data === undefined ? results : { models: results, accuracy: accuracy ?? null }
      stdout.write(`${JSON.stringify(record, null, 2)}\n`)
    } else {
      const colors = colorsFor(wantsColors(stdout))
      for (const result of results) stdout.write(`${terminalCheck(result, colors)}\n`)
      if (accuracy !== undefined) {
        const { terminalAccuracy } = await import('../report/accuracy-view.js')
        stdout.write(`${terminalAccuracy(accuracy, colors)}\n`)
      }
    }
    if (bad.length > 0) throw new ExitError(exitCodes.badFile, bad.map(({ error }) => `optimize: ${error}`).join('\n'))
    const failed = accuracy?.comparisons.filter(({ gate }) => gate.verdict === 'failed') ?? []
    if (failed.length > 0) {
      const lines = failed.map(({ file, title, gate }) => `optimize: ${file}: ${title}: ${gate.reason}`)
      throw new ExitError(exitCodes.unreachable, lines.join('\n'))
    }
  },
}

/** Flags that would do nothing are a mistake. */
function requireData(options: Options): void {
  if (options.data !== undefined) {
    if (options['max-drop'] !== undefined && (options.models as string[]).length < 2)
      throw new UserError('usage', '--max-drop', 'there is no drop of one model', 'give a second model')
    return
  }
  const idle = (['labels', 'preprocess', 'metric', 'max-drop'] as const).find((flag) => options[flag] !== undefined)
  if (idle !== undefined) throw new UserError('usage', `--${idle}`, 'it does nothing without --data', 'give --data')
}

async function runAccuracy(files: readonly string[], options: Options): Promise<AccuracyCheck> {
  const [{ checkAccuracy }, { readPreprocess }] = await Promise.all([
    import('../zoo/check-accuracy.js'),
    import('../accuracy/input/preprocess.js'),
  ])
  const progress = await startProgress(!options.json)
  try {
    return await checkAccuracy(files, {
      data: options.data!,
      labels: options.labels,
      preprocess: options.preprocess === undefined ? undefined : readPreprocess(options.preprocess),
      metric: options.metric,
      maxDrop: options['max-drop'],
      seed: options.seed,
      threads: options.threads,
      signal: interruptSignal(),
      onStage: (text) => progress.stage(text),
    })
  } finally {
    progress.stop()
  }
}

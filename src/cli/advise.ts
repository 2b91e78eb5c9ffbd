import { stdout } from 'node:process'
import type { Argv, CommandModule } from 'yargs'
import { defaultChannelScoring } from '../tune/channel-scorers.js'
import { defaultTuner, tunerNames } from '../tune/tuners.js'
import { bindingOptions } from './binding.js'
import { channelScoresOption } from './channel-scores-option.js'
import { dataOptions } from './data-options.js'
import { interruptSignal, startProgress, wantsColors } from './progress.js'
import { toolName, toolVersion } from './version.js'

const { data, labels, preprocess, metric } = dataOptions

const builder = (args: Argv) =>
  args
    .positional('model', { type: 'string', demandOption: true, describe: 'the ONNX file' })
    .options({
      ...bindingOptions,
      data: { ...data, describe: `${data.describe}; what each change costs is measured on part of them` },
      labels,
      preprocess,
      metric,
      tune: {
        choices: tunerNames(),
        requiresArg: true,
        describe: 'how weights are refitted before that [default: the first that there is]',
      },
      'channel-scores': channelScoresOption,
      recipe: {
        type: 'string',
        requiresArg: true,
        describe: 'a recipe, such as a search saved: what each of its decisions is worth, and what to change besides',
      },
      cache: {
        type: 'string',
        requiresArg: true,
        describe: 'folder where measured fidelities are kept [default: onnx-tailor in $XDG_CACHE_HOME]',
      },
      seed: { type: 'number', default: 0, requiresArg: true, describe: 'seed of what is held out' },
      threads: { type: 'number', default: 1, requiresArg: true, describe: 'onnxruntime threads' },
      top: { type: 'number', default: 15, requiresArg: true, describe: 'how many alternatives to list' },
      json: { type: 'boolean', default: false, describe: 'print everything as JSON' },
    })
    .example('$0 advise model.onnx', 'blocks and widths on neural-engine, by the latency they would save')
    .example('$0 advise model.onnx --data images/ --labels labels.csv', 'with what each costs in accuracy')
    .example('$0 advise model.onnx --recipe found.json', 'what it comes to without each decision, and with one more')
    .example('$0 advise model.onnx --json', 'blocks and groups with the names that recipes use')

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never

export const adviseCommand: CommandModule<object, Options> = {
  command: 'advise <model>',
  describe: 'say what to change of the architecture for a target: each change, what it saves, what it costs, and why',
  builder: builder as CommandModule<object, Options>['builder'] & object,
  async handler(options) {
    const [{ adviseFile }, { loadTarget }, { bindSymbols }] = await Promise.all([
      import('../zoo/advise.js'),
      import('../hw/target.js'),
      import('../zoo/bind-symbols.js'),
    ])
    const target = loadTarget(options.target)
    const tune = options.tune ?? defaultTuner()
    const progress = await startProgress(!options.json)
    const advice = await adviseFile(options.model, {
      target,
      bind: (model) => bindSymbols(model, options.shape, options.batch),
      data: options.data,
      labels: options.labels,
      preprocess: options.preprocess,
      metric: options.metric,
      tune,
      recipe: options.recipe,
      channelScores: options['channel-scores'] ?? defaultChannelScoring(options.data !== undefined, tune !== 'none'),
      cache: options.cache,
      seed: options.seed,
      threads: options.threads,
      tool: { name: toolName, version: toolVersion },
      onStage: (text) => progress.stage(text),
      signal: interruptSignal(),
    }).finally(() => progress.stop())
    if (options.json) {
      stdout.write(`${JSON.stringify(advice, null, 2)}\n`)
      return
    }
    const [{ terminalAdvice }, { colorsFor }] = await Promise.all([
      import('../report/advice-view.js'),
      import('../report/terminal.js'),
    ])
    stdout.write(`${terminalAdvice(advice, options.top, colorsFor(wantsColors(stdout)))}\n`)
  },
}

import { stdout } from 'node:process'
import type { Argv, CommandModule } from 'yargs'
import type { Metrics } from '../estimator/metrics.js'
import { bindingOptions } from './binding.js'
import { wantsColors } from './progress.js'

const builder = (args: Argv) =>
  args
    .positional('model', { type: 'string', demandOption: true, describe: 'the ONNX file' })
    .options({
      ...bindingOptions,
      kernels: { type: 'string', default: '15', requiresArg: true, describe: 'how many kernels to list; all' },
      json: { type: 'boolean', default: false, describe: 'print figures as JSON' },
    })
    .example('$0 profile model.onnx', 'latency, energy, memory and the slowest kernels on neural-engine')
    .example('$0 profile model.onnx --target cpu --kernels all', 'every kernel, on this machine')

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never

export const profileCommand: CommandModule<object, Options> = {
  command: 'profile <model>',
  describe: 'estimate latency, energy and memory of a model as it is',
  builder: builder as CommandModule<object, Options>['builder'] & object,
  async handler(options) {
    const [{ readModel }, { estimate }, { loadTarget }, { bindSymbols }, { UserError }] = await Promise.all([
      import('../import/read-model.js'),
      import('../estimator/estimate.js'),
      import('../hw/target.js'),
      import('./binding.js'),
      import('../ir/errors.js'),
    ])
    const limit = options.kernels === 'all' ? Number.POSITIVE_INFINITY : Number(options.kernels)
    if (Number.isNaN(limit))
      throw new UserError('usage', '--kernels', `"${options.kernels}" is no number`, 'give a number or all')
    const target = loadTarget(options.target)
    const model = await readModel(options.model)
    const binding = { symbols: bindSymbols(model, options.shape, options.batch) }
    let metrics: Metrics
    if (target.kind === 'measured' && target.fusion.runtime !== undefined) {
      const [{ estimateObserved }, { Runtime }] = await Promise.all([
        import('../estimator/estimate-observed.js'),
        import('../runtime/session.js'),
      ])
      const runtime = new Runtime({ allowUnreleasedOpsets: true })
      try {
        metrics = await estimateObserved(model, options.model, target, runtime, binding)
      } finally {
        runtime.close()
      }
    } else metrics = estimate(model, target, binding)
    if (options.json) {
      stdout.write(`${JSON.stringify({ file: options.model, target: target.name, metrics }, null, 2)}\n`)
      return
    }
    const { colorsFor, terminalProfile } = await import('../report/terminal.js')
    const colors = colorsFor(wantsColors(stdout))
    stdout.write(
      `${colors.bold(options.model)} on ${colors.bold(target.name)}\n${terminalProfile(metrics, limit, colors)}\n`,
    )
  },
}

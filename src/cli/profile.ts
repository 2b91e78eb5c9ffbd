import { stdout } from 'node:process'
import type { Argv, CommandModule } from 'yargs'
import type { Target } from '../hw/target.js'
import type { Model } from '../ir/graph.js'
import { bindingOptions } from './binding.js'
import { interruptSignal, startProgress, wantsColors } from './progress.js'
import { toolName, toolVersion } from './version.js'

const builder = (args: Argv) =>
  args
    .positional('models', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'ONNX files, or folders of them',
    })
    .options({
      ...bindingOptions,
      target: { ...bindingOptions.target, describe: 'targets by name or JSON file, with commas between' },
      kernels: { type: 'string', default: '15', requiresArg: true, describe: 'how many kernels to list; all' },
      html: {
        type: 'string',
        requiresArg: true,
        describe: 'write the profile of one model on one target as one HTML file, with pictures',
      },
      json: { type: 'boolean', default: false, describe: 'print figures as JSON' },
    })
    .example('$0 profile model.onnx', 'latency, energy, memory and the slowest kernels on neural-engine')
    .example('$0 profile model.onnx --target cpu --kernels all', 'every kernel, on this machine')
    .example('$0 profile zoo/ --target a.json,b.json,c.json', 'which chip to build: models on candidates, ranked')

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never

export const profileCommand: CommandModule<object, Options> = {
  command: 'profile <models..>',
  describe: 'estimate latency, energy and memory of models as they are, on one target or several',
  builder: builder as CommandModule<object, Options>['builder'] & object,
  async handler(options) {
    const [{ loadTarget }, { modelFiles }, { UserError }] = await Promise.all([
      import('../hw/target.js'),
      import('../zoo/model-files.js'),
      import('../ir/errors.js'),
    ])
    const limit = options.kernels === 'all' ? Number.POSITIVE_INFINITY : Number(options.kernels)
    if (Number.isNaN(limit))
      throw new UserError('usage', '--kernels', `"${options.kernels}" is no number`, 'give a number or all')
    const sources = [...new Set(options.target.split(',').map((name) => name.trim()))].filter((name) => name !== '')
    if (sources.length === 0) throw new UserError('usage', '--target', 'no target given', 'give a name or a JSON file')
    const candidates = sources.map((source) => ({ source, target: loadTarget(source) }))
    const files = await modelFiles(options.models as string[])
    const isOne = files.length === 1 && candidates.length === 1
    if (options.html !== undefined && !isOne)
      throw new UserError('usage', '--html', 'a page is of one model on one target', 'profile them one by one')
    if (isOne) await profileOne(files[0]!, candidates[0]!.target, limit, options)
    else await profileMany(files, candidates, options)
  },
}

async function profileOne(file: string, on: Target, limit: number, options: Options): Promise<void> {
  const [{ profileFile }, { bindSymbols }] = await Promise.all([
    import('../zoo/profile-file.js'),
    import('../zoo/bind-symbols.js'),
  ])
  const profile = await profileFile(file, {
    target: on,
    bind: (model) => bindSymbols(model, options.shape, options.batch),
    tool: { name: toolName, version: toolVersion },
    signal: interruptSignal(),
  })
  const { metrics } = profile
  if (options.html !== undefined) {
    const [{ htmlProfile }, { writeText }] = await Promise.all([
      import('../report/html/html-profile.js'),
      import('../export/write-text.js'),
    ])
    await writeText(options.html, htmlProfile(profile))
  }
  if (options.json) {
    stdout.write(`${JSON.stringify({ file, target: on.name, metrics }, null, 2)}\n`)
    return
  }
  const { colorsFor, terminalProfile } = await import('../report/terminal.js')
  const colors = colorsFor(wantsColors(stdout))
  stdout.write(`${colors.bold(file)} on ${colors.bold(on.name)}\n${terminalProfile(metrics, limit, colors)}\n`)
}

async function profileMany(
  files: readonly string[],
  candidates: readonly { readonly source: string; readonly target: Target }[],
  options: Options,
): Promise<void> {
  const [{ compareTargets }, { bindSymbols, shapesFor }, { ExitError, exitCodes }, { UserError }] = await Promise.all([
    import('../zoo/compare-targets.js'),
    import('../zoo/bind-symbols.js'),
    import('./failure.js'),
    import('../ir/errors.js'),
  ])
  const shapes = options.shape ?? []
  const used = new Set<string>()
  // A set of models need not have inputs of the same name: each takes the shapes that are its own.
  const bind = (model: Model) => {
    const own = shapesFor(model, shapes)
    for (const text of own) used.add(text)
    return bindSymbols(model, own, options.batch)
  }
  const progress = await startProgress(true)
  const comparison = await compareTargets(files, candidates, {
    bind,
    onProgress: (text) => progress.stage(text),
    signal: interruptSignal(),
  }).finally(() => progress.stop())
  const unused = shapes.find((text) => !used.has(text))
  if (unused !== undefined && comparison.models.length > 0)
    throw new UserError('usage', '--shape', `no model has the input of "${unused}"`, 'write name=1,3,224,224')
  if (options.json) stdout.write(`${JSON.stringify(comparison, null, 2)}\n`)
  else {
    const [{ colorsFor }, { terminalComparison }] = await Promise.all([
      import('../report/terminal.js'),
      import('../report/comparison-view.js'),
    ])
    stdout.write(`${terminalComparison(comparison, colorsFor(wantsColors(stdout)))}\n`)
  }
  if (comparison.failed.length === 0) return
  const lines = comparison.failed.map(({ error }) => `optimize: ${error}`)
  throw new ExitError(files.length === 1 ? exitCodes.badFile : exitCodes.zooFailures, lines.join('\n'))
}

import { basename } from 'node:path'
import { stderr, stdout } from 'node:process'
import type { Argv, CommandModule } from 'yargs'
import type { Recipe } from '../passes/architecture/decision.js'
import type { Report } from '../report/report.js'
import { isBuilding } from '../search/request.js'
import { defaultChannelScoring } from '../tune/channel-scorers.js'
import { defaultTuner, tunerNames } from '../tune/tuners.js'
import type { SearchOptions } from '../zoo/search-recipe.js'
import { bindingOptions } from './binding.js'
import { channelScoresOption } from './channel-scores-option.js'
import { dataOf, dataOptions, testDataOptions } from './data-options.js'
import { ExitError, exitCodes } from './failure.js'
import { interruptSignal, startProgress, stopThenInterrupt, wantsColors } from './progress.js'
import { searchOptions } from './search-options.js'
import { toolName, toolVersion } from './version.js'

const builder = (args: Argv) =>
  args
    .positional('model', { type: 'string', demandOption: true, describe: 'the ONNX file' })
    .options({
      out: { alias: 'o', type: 'string', requiresArg: true, describe: 'file to write [default: <name>.tailored.onnx]' },
      ...searchOptions,
      ...bindingOptions,
      freeze: { type: 'boolean', default: false, describe: 'write the sizes of --shape and --batch into the file' },
      verify: {
        type: 'boolean',
        default: true,
        describe: 'compare with the original through onnxruntime; --no-verify skips it',
      },
      recipe: {
        type: 'string',
        requiresArg: true,
        describe: 'architecture decisions to apply, or for --search to begin with, a JSON file; see docs/recipes.md',
      },
      'save-recipe': {
        type: 'string',
        requiresArg: true,
        describe: 'write the recipe that --search found: for --recipe, of this model or as a start with others',
      },
      tune: {
        choices: tunerNames(),
        requiresArg: true,
        describe: 'how weights are refitted after a recipe [default: the first that there is, given --data]',
      },
      'channel-scores': channelScoresOption,
      ...dataOptions,
      ...testDataOptions,
      data: {
        ...dataOptions.data,
        describe:
          'samples that a search and a recipe are fitted to and judged by: .npy, .npz (also .gz), or a folder of images, .wav, .npy, .npz, or ' +
          'of class folders of them; with --search none and without a recipe: inputs to verify on [default: seeded random]',
      },
      'max-drop': { ...dataOptions['max-drop'], describe: `${dataOptions['max-drop'].describe} [default: 0.01]` },
      'best-effort': {
        type: 'boolean',
        default: false,
        describe: 'write the result though it lost too much, or though nothing could judge it',
      },
      'keep-overridable': { type: 'boolean', default: false, describe: 'initializers that are inputs too stay inputs' },
      seed: {
        type: 'number',
        default: 0,
        requiresArg: true,
        describe: 'seed of generated inputs and of what is held out',
      },
      threads: { type: 'number', default: 1, requiresArg: true, describe: 'onnxruntime threads' },
      jobs: {
        alias: 'j',
        type: 'number',
        requiresArg: true,
        describe:
          'candidates that --search auto builds side by side, each in a process with its own --threads; what is found does not ' +
          'depend on it [default: as many as there are cores and memory for]',
      },
      'time-limit': { type: 'number', default: 120, requiresArg: true, describe: 'seconds that verification may take' },
      report: { type: 'string', requiresArg: true, describe: 'write the report as JSON' },
      markdown: { type: 'string', requiresArg: true, describe: 'write the report as Markdown' },
      html: { type: 'string', requiresArg: true, describe: 'write the report as one HTML file, with pictures' },
      json: { type: 'boolean', default: false, describe: 'print the report as JSON and nothing else' },
      quiet: { alias: 'q', type: 'boolean', default: false, describe: 'print nothing but warnings and errors' },
    })
    .example('$0 model.onnx', 'writes model.tailored.onnx beside the model')
    .example('$0 model.onnx --target cpu --report report.json', 'keeps the report for optimize diff')
    .example('$0 model.onnx --recipe recipe.json --data images/', 'another architecture, refitted and judged')
    .example('$0 model.onnx --data images/ --preprocess imagenet', 'finds an architecture that keeps the accuracy')
    .example('$0 model.onnx --search exact --budget latency=70%', 'the recipe that is expected to lose least within it')
    .example('$0 model.onnx --batch 1 --freeze', 'fixes the batch size in the file')

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never

export const optimizeCommand: CommandModule<object, Options> = {
  command: '$0 <model>',
  describe: 'tailor one model to a target',
  builder: builder as CommandModule<object, Options>['builder'] & object,
  handler: run,
}

async function run(options: Options): Promise<void> {
  const [{ optimizeFile }, { loadTarget }, { bindSymbols }, { searchOf }, { writeText }, { UserError }] =
    await Promise.all([
      import('../zoo/job.js'),
      import('../hw/target.js'),
      import('../zoo/bind-symbols.js'),
      import('../zoo/asked-search.js'),
      import('../export/write-text.js'),
      import('../ir/errors.js'),
    ])
  const asked = searchOf({ ...options, coResident: options['co-resident'], searchTime: options['search-time'] })
  if (options['save-recipe'] !== undefined && asked === undefined)
    throw new UserError('usage', '--save-recipe', 'nothing is searched', 'say how with --search')
  const { jobs = 'as-fits' } = options
  if (jobs !== 'as-fits' && !(Number.isInteger(jobs) && jobs > 0))
    throw new UserError('usage', '--jobs', `${jobs} is no number of jobs`, 'give a whole number from 1')
  const target = loadTarget(options.target)
  const hasData = options.data !== undefined
  const interrupts = interruptsOf(asked)
  const search = asked && { ...asked, stop: interrupts.stop }
  const tune = options.tune ?? (hasData ? defaultTuner() : 'none')
  const progress = await startProgress(!options.quiet && !options.json)
  let report: Report
  try {
    report = await optimizeFile(options.model, {
      out: options.out,
      target,
      bind: (model) => bindSymbols(model, options.shape, options.batch),
      freeze: options.freeze,
      verify: options.verify,
      ...dataOf(options),
      recipe: options.recipe,
      search,
      tune,
      channelScores: options['channel-scores'] ?? defaultChannelScoring(hasData, tune !== 'none'),
      bestEffort: options['best-effort'],
      keepOverridable: options['keep-overridable'],
      seed: options.seed,
      threads: options.threads,
      jobs,
      timeLimitSeconds: options['time-limit'],
      tool: { name: toolName, version: toolVersion },
      onStage: (text) => progress.stage(text),
      signal: interrupts.signal,
    })
  } finally {
    progress.stop()
  }
  const { markdownReport } = await import('../report/markdown.js')
  if (options.report !== undefined) await writeText(options.report, `${JSON.stringify(report, null, 2)}\n`)
  if (options['save-recipe'] !== undefined) await writeText(options['save-recipe'], foundRecipe(report))
  if (options.markdown !== undefined) await writeText(options.markdown, markdownReport(report))
  if (options.html !== undefined) {
    const { htmlReport } = await import('../report/html/html-report.js')
    await writeText(options.html, htmlReport(report))
  }
  if (options.json) stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  else if (!options.quiet) {
    const { colorsFor, terminalReport } = await import('../report/terminal.js')
    stdout.write(`${terminalReport(report, colorsFor(wantsColors(stdout)))}\n`)
  }
  announce(report, options.quiet || options.json)
}

/** A search on data is ended by the first Ctrl-C with the best so far; everything else ends at once. */
function interruptsOf(search: SearchOptions | undefined): { stop: AbortSignal | undefined; signal: AbortSignal } {
  if (search === undefined || !isBuilding(search.algorithm)) return { stop: undefined, signal: interruptSignal() }
  return stopThenInterrupt(() =>
    stderr.write('\noptimize: finishing with the best so far; Ctrl-C once more ends at once\n'),
  )
}

/** The recipe that a search found, as a file. */
function foundRecipe({ search, model, target }: Report): string {
  if (search.algorithm === 'none') throw new Error('nothing was searched')
  const recipe: Recipe = {
    recipeVersion: 1,
    description: `found by a search (${search.algorithm}) of ${basename(model.file)} for ${target.name}`,
    ...(search.origin !== undefined && { origin: search.origin }),
    decisions: search.best.decisions,
  }
  return `${JSON.stringify(recipe, null, 2)}\n`
}

/** Warnings go to stderr where the report did not show them already; a failed verification or gate decides the exit code. */
function announce({ verification, accuracy, result, warnings, model }: Report, isBare: boolean): void {
  if (isBare) for (const warning of warnings) stderr.write(`optimize: warning: ${warning}\n`)
  if (verification.verdict === 'unverified') {
    stderr.write(`optimize: ${model.file}: unverified: ${verification.reason ?? 'unknown reason'}\n`)
  }
  if (verification.verdict === 'differs') {
    throw new ExitError(
      exitCodes.verificationFailed,
      `optimize: ${model.file}: verification failed, nothing was written: ${verification.reason ?? ''}; ` +
        'please report it, or see with --json which outputs differ',
    )
  }
  if (accuracy?.gate.verdict === 'failed' && result === null) {
    throw new ExitError(
      exitCodes.unreachable,
      `optimize: ${model.file}: the accuracy gate failed, nothing was written: ${accuracy.gate.reason}; ` +
        'allow more with --max-drop, change the recipe, or write it all the same with --best-effort',
    )
  }
}

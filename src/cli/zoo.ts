import { stderr, stdout } from 'node:process'
import type { Argv, CommandModule } from 'yargs'
import type { ZooSummary } from '../report/zoo-summary.js'
import { tunerNames } from '../tune/tuners.js'
import { bindingOptions } from './binding.js'
import { channelScoresOption } from './channel-scores-option.js'
import { dataOf, dataOptions, testDataOptions } from './data-options.js'
import { ExitError, exitCodes } from './failure.js'
import { interruptSignal, wantsColors } from './progress.js'
import { searchOptions } from './search-options.js'
import { toolName, toolVersion } from './version.js'

const { target, shape, batch } = bindingOptions
const { search, space, budget, expert, 'co-resident': coResident, evaluations } = searchOptions

const builder = (args: Argv) =>
  args
    .positional('models', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'folders, files or patterns, or a manifest (.json) with options for each model; see docs/zoo.md',
    })
    .options({
      out: {
        alias: 'o',
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'folder for results, reports, the summary and the journal; a run into it goes on where it stopped',
      },
      target: { ...target, default: undefined, describe: `${target.describe} [default: neural-engine]` },
      shape: { ...shape, describe: 'sizes of an input, for models that have it: name=1,3,224,224 (repeatable)' },
      batch,
      jobs: { alias: 'j', type: 'number', requiresArg: true, describe: 'models at a time [default: a core each]' },
      'time-limit': { type: 'number', requiresArg: true, describe: 'seconds that a model may take [default: 600]' },
      'memory-limit': {
        type: 'string',
        requiresArg: true,
        describe: 'memory that a model may take, the runtime included: 4GB [default: a share of the machine]',
      },
      force: { type: 'boolean', default: false, describe: 'do again what is done' },
      'retry-failed': { type: 'boolean', default: false, describe: 'do again what failed' },
      freeze: { type: 'boolean', describe: 'write the sizes of --shape and --batch into the files' },
      verify: { type: 'boolean', describe: 'compare with the originals through onnxruntime; --no-verify skips it' },
      recipe: { type: 'string', requiresArg: true, describe: 'architecture decisions to apply, a JSON file' },
      search: { ...search, default: undefined },
      space: { ...space, default: undefined },
      budget,
      expert,
      'co-resident': coResident,
      evaluations: { ...evaluations, default: undefined },
      'channel-scores': channelScoresOption,
      tune: { choices: tunerNames(), requiresArg: true, describe: 'how weights are refitted after a recipe' },
      ...dataOptions,
      ...testDataOptions,
      'best-effort': { type: 'boolean', describe: 'write results though they lost too much, or nothing judged them' },
      'keep-overridable': { type: 'boolean', describe: 'initializers that are inputs too stay inputs' },
      seed: { type: 'number', requiresArg: true, describe: 'seed of generated inputs and of what is held out' },
      threads: { type: 'number', requiresArg: true, describe: 'onnxruntime threads of each model [default: 1]' },
      html: { type: 'boolean', default: false, describe: 'write each report as a page with pictures, too' },
      json: { type: 'boolean', default: false, describe: 'print the summary as JSON and nothing else' },
      quiet: { alias: 'q', type: 'boolean', default: false, describe: 'print nothing but errors' },
    })
    .example('$0 zoo models/ --out tailored/', 'all models of a folder for neural-engine')
    .example('$0 zoo "models/**/*.onnx" --target cpu --jobs 2 --out tailored/', 'a pattern, another target')
    .example('$0 zoo models/ --search exact --budget latency=70% --best-effort --out tailored/', 'searches each')
    .example('$0 zoo zoo.json --time-limit 300 --memory-limit 4GB --out tailored/', 'with options for each model')

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never

export const zooCommand: CommandModule<object, Options> = {
  command: 'zoo <models..>',
  describe: 'tailor many models, each in a process of its own; resumes where it stopped',
  builder: builder as CommandModule<object, Options>['builder'] & object,
  handler: run,
}

async function run(options: Options): Promise<void> {
  const [{ defaultJobs, zooEntries }, { ProcessRunner }, { runZoo }, { zooProgress }, { UserError }] =
    await Promise.all([
      import('../zoo/batch/entries.js'),
      import('../zoo/batch/process-runner.js'),
      import('../zoo/batch/run-zoo.js'),
      import('./zoo-progress.js'),
      import('../ir/errors.js'),
    ])
  const jobs = options.jobs ?? defaultJobs()
  if (!Number.isInteger(jobs) || jobs < 1)
    throw new UserError('usage', '--jobs', `${jobs} is no number of jobs`, 'give a whole number from 1')
  const entries = await zooEntries(options.models as string[], { ...requestOf(options), jobs }, options.out)
  const progress = await zooProgress(entries.length, !options.quiet && !options.json)
  const signal = interruptSignal()
  const { summary, unusedShapes } = await runZoo(entries, {
    out: options.out,
    runner: new ProcessRunner({ jobs: Math.min(jobs, entries.length) }),
    tool: { name: toolName, version: toolVersion },
    html: options.html,
    force: options.force,
    retryFailed: options['retry-failed'],
    signal,
    ...(progress && { progress }),
  })
    .catch((error: unknown) => {
      if (!signal.aborted) throw error
      throw new ExitError(exitCodes.interrupted, 'optimize: interrupted; the same command goes on where it stopped')
    })
    .finally(() => progress?.stop())
  await print(summary, options)
  for (const text of unusedShapes) stderr.write(`optimize: warning: --shape: no model has the input of "${text}"\n`)
  if (summary.failed.length === 0) return
  // The terminal has them already.
  const lines =
    options.json || options.quiet ? summary.failed.map(({ kind, error }) => `optimize: ${kind}: ${error}`) : []
  throw new ExitError(exitCodes.zooFailures, lines.join('\n'))
}

/** Flags as what is asked of all models. */
const requestOf = (options: Options) => ({
  target: options.target,
  shape: options.shape as string[] | undefined,
  batch: options.batch,
  freeze: options.freeze,
  verify: options.verify,
  ...dataOf(options),
  recipe: options.recipe,
  search: options.search,
  space: options.space,
  budget: options.budget,
  expert: options.expert,
  coResident: options['co-resident'],
  evaluations: options.evaluations,
  tune: options.tune,
  channelScores: options['channel-scores'],
  bestEffort: options['best-effort'],
  keepOverridable: options['keep-overridable'],
  seed: options.seed,
  threads: options.threads,
  timeLimit: options['time-limit'],
  memoryLimit: options['memory-limit'],
})

/** Models that the terminal lists; files have them all. */
const listed = 40

async function print(summary: ZooSummary, { json, quiet, out }: Options): Promise<void> {
  if (json) stdout.write(`${JSON.stringify(summary, null, 2)}\n`)
  else if (!quiet) {
    const [{ colorsFor }, { terminalZoo }] = await Promise.all([
      import('../report/terminal.js'),
      import('../report/zoo-views.js'),
    ])
    stdout.write(`${terminalZoo(summary, listed, colorsFor(wantsColors(stdout)))}\nwrote ${out}\n`)
  }
}

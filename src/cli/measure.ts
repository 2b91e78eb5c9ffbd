import { stderr, stdout } from 'node:process'
import type { Argv, CommandModule } from 'yargs'
import { ExitError, exitCodes } from './failure.js'
import { interruptSignal, startProgress } from './progress.js'

const builder = (args: Argv) =>
  args
    .options({
      target: {
        alias: 't',
        type: 'string',
        default: 'cpu',
        requiresArg: true,
        describe: 'what to time: cpu, or a chip whose cycle model fills the table',
      },
      models: { type: 'string', requiresArg: true, describe: 'folder of models whose kernels are varied' },
      rows: { type: 'number', default: 2000, requiresArg: true, describe: 'rows the table shall have' },
      out: {
        type: 'string',
        requiresArg: true,
        describe: 'CSV file; continued if it is there [TARGET.measurements.csv]',
      },
      threads: { type: 'number', default: 1, requiresArg: true, describe: 'intra-op threads' },
      seed: { type: 'number', default: 1, requiresArg: true, describe: 'of the sampling plan' },
      'time-limit': { type: 'number', requiresArg: true, describe: 'stop after so many seconds' },
      noise: {
        type: 'number',
        default: 0,
        requiresArg: true,
        describe: 'synthetic noise on a cycle model, as a fraction; stated in the table',
      },
      quiet: { type: 'boolean', default: false, describe: 'no progress line' },
    })
    .example('$0 measure --models zoo/ --rows 3000', 'time kernels like those of a zoo on this machine')
    .example('$0 measure --target neural-engine --noise 0.02', 'the same table for a chip on paper')

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never

export const measureCommand: CommandModule<object, Options> = {
  command: 'measure',
  describe: 'fill a table of kernel latencies to fit an estimator to',
  builder: builder as CommandModule<object, Options>['builder'] & object,
  async handler(options) {
    const [{ measure }, { loadTarget }, { UserError }, { readdirSync }, { join }] = await Promise.all([
      import('../estimator/measure/measure.js'),
      import('../hw/target.js'),
      import('../ir/errors.js'),
      import('node:fs'),
      import('node:path'),
    ])
    const whole = (flag: string, value: number) => {
      if (!Number.isInteger(value) || value < 1)
        throw new UserError('usage', flag, `${value} is no number of things`, 'give a whole number from 1')
      return value
    }
    if (!(options.noise >= 0 && options.noise < 1))
      throw new UserError('usage', '--noise', `${options.noise} is no fraction`, 'give a number from 0 to below 1')
    const target = loadTarget(options.target)
    if (options.noise > 0 && target.kind === 'measured')
      throw new UserError('usage', '--noise', `${target.name} is measured`, 'leave it out: real noise is enough')
    let models: string[] | undefined
    if (options.models !== undefined) {
      try {
        models = readdirSync(options.models)
          .filter((name) => name.endsWith('.onnx'))
          .sort()
          .map((name) => join(options.models!, name))
      } catch (error) {
        throw new UserError('not-found', '--models', (error as Error).message, 'give a folder of ONNX files')
      }
      if (models.length === 0)
        throw new UserError('usage', '--models', `no .onnx files in ${options.models}`, 'give a folder of ONNX files')
    }
    const signal = interruptSignal()
    const progress = await startProgress(!options.quiet)
    try {
      const summary = await measure({
        target,
        out: options.out ?? `${target.name}.measurements.csv`,
        rows: whole('--rows', options.rows),
        threads: whole('--threads', options.threads),
        seed: options.seed,
        noise: options.noise,
        signal,
        ...(models && { models }),
        ...(options.timeLimit !== undefined && { timeLimitS: options.timeLimit }),
        onProgress: (text, done, total, secondsLeft) => progress.stage(progressText(text, done, total, secondsLeft)),
      })
      progress.stop()
      for (const { model, reason } of summary.skipped) stderr.write(`optimize: ${model}: nothing taken: ${reason}\n`)
      for (const [reason, count] of Object.entries(summary.failures))
        stderr.write(`optimize: not rebuilt, ${count} times: ${reason}\n`)
      const why = summary.ended === undefined ? '' : `, ended by: ${summary.ended.replaceAll('-', ' ')}`
      stdout.write(`${summary.out}: ${summary.rows} rows of ${summary.device}, ${summary.added} new${why}\n`)
      if (summary.ended === 'interrupted')
        throw new ExitError(exitCodes.interrupted, `optimize: interrupted; run again to go on with ${summary.out}`)
    } finally {
      progress.stop()
    }
  },
}

const barLength = 24

/** `Conv [#####-----] 210 of 2000, 5 min left`. */
function progressText(text: string, done: number, total: number, secondsLeft: number | undefined): string {
  const filled = Math.round((barLength * done) / Math.max(1, total))
  const bar = `${'#'.repeat(filled)}${'-'.repeat(barLength - filled)}`
  return `[${bar}] ${done} of ${total}${secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`} ${text}`
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}

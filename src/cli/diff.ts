import { stderr, stdout } from 'node:process'
import type { Argv, CommandModule } from 'yargs'
import type { AssertionResult } from '../report/diff/assertions.js'
import { bindingOptions } from './binding.js'
import { interruptSignal, startProgress, wantsColors } from './progress.js'

const side = 'a model, a report (.json) or the summary.json of a zoo'

const builder = (args: Argv) =>
  args
    .positional('before', { type: 'string', demandOption: true, describe: side })
    .positional('after', { type: 'string', demandOption: true, describe: side })
    .options({
      ...bindingOptions,
      assert: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe:
          'fails with exit code 7 unless it holds: "latency<=+2%", "bytes<4MB", "accuracy.drop<=0.01"; "warn: ..." only tells; ' +
          'or a file of them (.json) (repeatable)',
      },
      outputs: {
        type: 'boolean',
        default: true,
        describe: 'run both models on the same inputs; --no-outputs skips it',
      },
      seed: { type: 'number', default: 0, requiresArg: true, describe: 'seed of those inputs' },
      format: {
        choices: ['terminal', 'json', 'markdown', 'html'] as const,
        default: 'terminal',
        describe: 'what to print',
      },
    })
    .example('$0 diff old.onnx new.onnx', 'figures, kernels, graphs and outputs of both, on neural-engine')
    .example('$0 diff main.json branch.json --assert "latency<=+1%" --format markdown', 'a comment for a pull request')
    .example('$0 diff main/summary.json out/summary.json --assert budgets.json', 'two runs of a zoo')

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never

export const diffCommand: CommandModule<object, Options> = {
  command: 'diff <before> <after>',
  describe: 'compare two models, reports or zoos; a gate for CI',
  builder: builder as CommandModule<object, Options>['builder'] & object,
  async handler(options) {
    const [{ compareFiles }, { readAssertions }, { loadTarget }, { bindSymbols }] = await Promise.all([
      import('../zoo/compare-files.js'),
      import('../report/diff/assertions.js'),
      import('../hw/target.js'),
      import('../zoo/bind-symbols.js'),
    ])
    const assertions = readAssertions((options.assert ?? []) as string[])
    const progress = await startProgress(true)
    const comparison = await compareFiles(options.before, options.after, {
      target: loadTarget(options.target),
      bind: (model) => bindSymbols(model, options.shape, options.batch),
      assertions,
      outputs: options.outputs,
      seed: options.seed,
      onStage: (text) => progress.stage(text),
      signal: interruptSignal(),
    }).finally(() => progress.stop())
    stdout.write(`${await textOf(comparison, options.format)}\n`)
    await announce(comparison.diff.assertions)
  },
}

async function textOf(
  comparison: Awaited<ReturnType<typeof import('../zoo/compare-files.js')['compareFiles']>>,
  format: Options['format'],
): Promise<string> {
  const { kind, diff } = comparison
  switch (format) {
    case 'json': {
      const { diffRecord, zooDiffRecord } = await import('../report/diff/record.js')
      return JSON.stringify(kind === 'zoos' ? zooDiffRecord(diff) : diffRecord(diff), null, 2)
    }
    case 'markdown': {
      const { markdownDiff, markdownZooDiff } = await import('../report/diff/markdown.js')
      return kind === 'zoos' ? markdownZooDiff(diff) : markdownDiff(diff)
    }
    case 'html': {
      const { htmlDiff, htmlZooDiff } = await import('../report/html/html-diff.js')
      return kind === 'zoos' ? htmlZooDiff(diff) : htmlDiff(diff)
    }
    default: {
      const [{ terminalDiff, terminalZooDiff }, { colorsFor }] = await Promise.all([
        import('../report/diff/terminal.js'),
        import('../report/terminal.js'),
      ])
      const colors = colorsFor(wantsColors(stdout))
      return kind === 'zoos' ? terminalZooDiff(diff, colors) : terminalDiff(diff, colors)
    }
  }
}

/** Warnings are told, errors end the command. */
async function announce(assertions: readonly AssertionResult[]): Promise<void> {
  const broken = assertions.filter(({ holds }) => !holds)
  const lineOf = ({ text, actual, model }: AssertionResult) =>
    `${text} does not hold${model === undefined ? '' : ` for ${model}`}: it is ${actual}`
  for (const assertion of broken)
    if (assertion.level === 'warn') stderr.write(`optimize: warning: ${lineOf(assertion)}\n`)
  const errors = broken.filter(({ level }) => level === 'error')
  if (errors.length === 0) return
  const { ExitError, exitCodes } = await import('./failure.js')
  throw new ExitError(exitCodes.assertionFailed, errors.map((error) => `optimize: ${lineOf(error)}`).join('\n'))
}

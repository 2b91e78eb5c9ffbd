import { stdout } from 'node:process'
import type { Argv, CommandModule } from 'yargs'
import { bindingOptions } from './binding.js'
import { wantsColors } from './progress.js'

const builder = (args: Argv) =>
  args
    .positional('before', { type: 'string', demandOption: true, describe: 'a model or a report (.json)' })
    .positional('after', { type: 'string', demandOption: true, describe: 'a model or a report (.json)' })
    .options({
      ...bindingOptions,
      assert: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'fails with exit code 7 unless it holds: "latency<=+2%", "bytes<4MB" (repeatable)',
      },
      format: { choices: ['terminal', 'json', 'markdown'] as const, default: 'terminal', describe: 'what to print' },
    })
    .example('$0 diff old.onnx new.onnx', 'figures of both on neural-engine')
    .example('$0 diff main.json branch.json --assert "latency<=+1%" --format markdown', 'a comment for a pull request')

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never

export const diffCommand: CommandModule<object, Options> = {
  command: 'diff <before> <after>',
  describe: 'compare two models or two reports; a gate for CI',
  builder: builder as CommandModule<object, Options>['builder'] & object,
  async handler(options) {
    const [{ readSide }, { diffSides }, views, { loadTarget }, { ExitError, exitCodes }] = await Promise.all([
      import('../zoo/side.js'),
      import('../report/diff.js'),
      import('../report/diff-view.js'),
      import('../hw/target.js'),
      import('./failure.js'),
    ])
    const { bindSymbols } = await import('../zoo/bind-symbols.js')
    const read = (file: string) =>
      readSide(file, loadTarget(options.target), (model) => bindSymbols(model, options.shape, options.batch))
    const diff = diffSides(await read(options.before), await read(options.after), (options.assert ?? []) as string[])
    const { colorsFor } = await import('../report/terminal.js')
    if (options.format === 'json') stdout.write(`${JSON.stringify(views.diffRecord(diff), null, 2)}\n`)
    else if (options.format === 'markdown') stdout.write(`${views.markdownDiff(diff)}\n`)
    else stdout.write(`${views.terminalDiff(diff, colorsFor(wantsColors(stdout)))}\n`)
    const broken = diff.assertions.filter(({ holds }) => !holds)
    if (broken.length > 0) {
      const texts = broken.map(({ text, actual }) => `${text} does not hold: it is ${actual}`)
      throw new ExitError(exitCodes.assertionFailed, texts.map((text) => `optimize: ${text}`).join('\n'))
    }
  },
}

import { stdout } from 'node:process'
import type { Argv, CommandModule } from 'yargs'
import { wantsColors } from './progress.js'

const builder = (args: Argv) =>
  args
    .positional('models', { type: 'string', array: true, demandOption: true, describe: 'ONNX files' })
    .options({ json: { type: 'boolean', default: false, describe: 'print JSON' } })
    .example('$0 check model.onnx', 'is the file well formed, and what is in it')

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never

export const checkCommand: CommandModule<object, Options> = {
  command: 'check <models..>',
  describe: 'check that files are well formed, and say what is in them',
  builder: builder as CommandModule<object, Options>['builder'] & object,
  async handler(options) {
    const [{ checkFile }, { colorsFor }, { terminalCheck }, { ExitError, exitCodes }] = await Promise.all([
      import('../zoo/check.js'),
      import('../report/terminal.js'),
      import('../report/check-view.js'),
      import('./failure.js'),
    ])
    const results = []
    for (const file of options.models as string[]) results.push(await checkFile(file))
    if (options.json) stdout.write(`${JSON.stringify(results, null, 2)}\n`)
    else {
      const colors = colorsFor(wantsColors(stdout))
      for (const result of results) stdout.write(`${terminalCheck(result, colors)}\n`)
    }
    const bad = results.filter(({ error }) => error !== undefined)
    if (bad.length > 0) throw new ExitError(exitCodes.badFile, bad.map(({ error }) => `optimize: ${error}`).join('\n'))
  },
}

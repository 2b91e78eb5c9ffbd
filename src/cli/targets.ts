import { stdout } from 'node:process'
import type { Argv, CommandModule } from 'yargs'
import { wantsColors } from './progress.js'

const builder = (args: Argv) =>
  args
    .positional('target', { type: 'string', describe: 'a name or a JSON file: shows it, after checking it' })
    .options({ json: { type: 'boolean', default: false, describe: 'print JSON' } })
    .example('$0 targets', 'lists the targets that come with the program')
    .example('$0 targets my-chip.json', 'checks a target of your own')

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never

export const targetsCommand: CommandModule<object, Options> = {
  command: 'targets [target]',
  describe: 'list, show or check hardware targets',
  builder: builder as CommandModule<object, Options>['builder'] & object,
  async handler(options) {
    const { loadTarget, targetNames } = await import('../hw/target.js')
    if (options.target !== undefined) {
      stdout.write(`${JSON.stringify(loadTarget(options.target), null, 2)}\n`)
      return
    }
    const targets = targetNames().map(loadTarget)
    if (options.json) {
      stdout.write(`${JSON.stringify(targets, null, 2)}\n`)
      return
    }
    const { colorsFor, plainTable } = await import('../report/terminal.js')
    const colors = colorsFor(wantsColors(stdout))
    const [{ areaOf }, { bytes, count }] = await Promise.all([import('../hw/area.js'), import('../report/format.js')])
    const table = plainTable(
      ['name', 'kind', 'MACs', 'SRAM', 'description'].map((title) => colors.dim(title)),
      ['left', 'left', 'right', 'right', 'left'],
    )
    for (const target of targets) {
      const area = areaOf(target)
      const parts = area === undefined ? ['-', '-'] : [count(area.macs), bytes(area.sramBytes)]
      table.push([colors.bold(target.name), target.kind, ...parts, target.description])
    }
    stdout.write(`${table.toString()}\n`)
  },
}

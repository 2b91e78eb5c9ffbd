import yargs, { type Argv } from 'yargs'
import { UserError } from '../ir/errors.js'
import { adviseCommand } from './advise.js'
import { checkCommand } from './check.js'
import { diffCommand } from './diff.js'
import { fitCommand } from './fit.js'
import { measureCommand } from './measure.js'
import { optimizeCommand } from './optimize.js'
import { profileCommand } from './profile.js'
import { targetsCommand } from './targets.js'
import { toolVersion } from './version.js'
import { zooCommand } from './zoo.js'

/** The command line. Commands load their rooms when they run, so that help and version answer at once. */
export function parser(args: readonly string[]): Argv {
  return yargs([...args])
    .scriptName('optimize')
    .usage('Tailors trained ONNX models to special-purpose hardware.')
    .command(optimizeCommand)
    .command(profileCommand)
    .command(adviseCommand)
    .command(checkCommand)
    .command(diffCommand)
    .command(zooCommand)
    .command(targetsCommand)
    .command(measureCommand)
    .command(fitCommand)
    .example('$0 model.onnx', 'tailor for neural-engine; writes model.tailored.onnx')
    .example('$0 model.onnx --target cpu --out small.onnx', 'another target, another file')
    .example('$0 profile model.onnx --shape input=1,3,224,224', 'where the time goes')
    .example('$0 advise model.onnx', 'what to change of the architecture, ranked')
    .example('$0 zoo models/ --out tailored/', 'every model of a folder, resumable')
    .example('$0 diff before.onnx after.onnx --assert "latency<=+2%"', 'a gate for CI')
    .epilogue(
      'Exit codes: 0 done, 1 our bug, 2 usage, 3 bad file, 4 verification failed, 5 the drop is too large, 6 some of the models failed, 7 assertion failed, 130 interrupted.',
    )
    .version(toolVersion)
    .alias('help', 'h')
    .strict()
    .recommendCommands()
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      throw error ?? new UserError('usage', '', message, 'see optimize --help')
    })
}

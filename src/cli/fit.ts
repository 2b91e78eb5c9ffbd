import { stderr, stdout } from 'node:process'
import type { Argv, CommandModule } from 'yargs'
import type { GroupValidation } from '../estimator/fit/validate.js'
import type { Predictor } from '../estimator/predictor.js'
import type { ColumnMapping } from '../estimator/table/mapping.js'
import type { MeasurementTable } from '../estimator/table/read-table.js'
import { calibrateOption, calibrateTable } from './calibrate-option.js'
import { startSteps, wantsColors } from './progress.js'

const builder = (args: Argv) =>
  args
    .positional('table', {
      type: 'string',
      describe: 'CSV file of measured kernels, .gz too; see docs/measurements.md',
    })
    .options({
      columns: { type: 'string', requiresArg: true, describe: 'JSON file that maps the columns of a foreign table' },
      out: { type: 'string', requiresArg: true, describe: 'where the predictor goes [TABLE.predictor.json]' },
      name: { type: 'string', requiresArg: true, describe: 'name of the predictor [of the target, or of the table]' },
      processors: {
        type: 'number',
        requiresArg: true,
        describe: 'units that work side by side: multiprocessors of a GPU, cores [of the mapping, or 1]',
      },
      target: {
        alias: 't',
        type: 'string',
        requiresArg: true,
        describe: 'a measured target: its columns, and with --validate its predictor',
      },
      validate: {
        type: 'string',
        requiresArg: true,
        describe: 'CSV file of rows not fitted to, to judge a predictor by',
      },
      predictor: { type: 'string', requiresArg: true, describe: 'predictor file to validate' },
      ...calibrateOption,
      json: { type: 'boolean', default: false, describe: 'print figures as JSON' },
      seed: { type: 'number', default: 1, requiresArg: true, describe: 'of the rows and features that trees draw' },
      quiet: { type: 'boolean', default: false, describe: 'no progress line' },
    })
    .example('$0 fit chip.csv', 'fits chip.predictor.json and shows how it does on shapes left out')
    .example('$0 fit v100.csv.gz --columns mapping.json --processors 80', 'a foreign table as it is')
    .example(
      '$0 fit few.csv --calibrate v100-tensorrt --out sibling.json',
      'ten rows of another GPU correct a predictor',
    )
    .example('$0 fit --validate test.csv.gz --target v100-tensorrt --json', 'judges a predictor on rows it never saw')

type Options = ReturnType<typeof builder> extends Argv<infer T> ? T : never

export const fitCommand: CommandModule<object, Options> = {
  command: 'fit [table]',
  describe: 'fit a latency predictor to measured kernels, or validate one',
  builder: builder as CommandModule<object, Options>['builder'] & object,
  async handler(options) {
    await checkFlags(options)
    const steps = startSteps(!options.quiet)
    try {
      const mapping = await mappingFor(options)
      const fitted = options.table === undefined ? undefined : await fitFile(options.table, mapping, options, steps)
      if (options.validate === undefined) return
      const predictor = fitted ?? (await predictorFor(options))
      const [{ readTable }, { validatePredictor }] = await Promise.all([
        import('../estimator/table/read-table.js'),
        import('../estimator/fit/validate.js'),
      ])
      steps.stage(`reading ${options.validate}`)
      const table = await readTable(options.validate, mapping)
      steps.stage('validating')
      const groups = validatePredictor(predictor, table)
      steps.stop()
      if (options.json) stdout.write(`${JSON.stringify({ groups: groups.map(publicFigures) }, null, 2)}\n`)
      else await printGroups(groups, predictor, table)
    } finally {
      steps.stop()
    }
  },
}

async function checkFlags(options: Options): Promise<void> {
  const { UserError } = await import('../ir/errors.js')
  const usage = (flag: string, what: string, remedy: string) => new UserError('usage', flag, what, remedy)
  if (options.table === undefined && options.calibrate !== undefined)
    throw usage('--calibrate', 'no table', 'give the few rows that were measured on the other device')
  if (options.table === undefined && options.validate === undefined)
    throw usage('', 'nothing to do', 'give a table to fit to, or --validate FILE with --target or --predictor')
  if (options.table !== undefined && options.predictor !== undefined)
    throw usage('--predictor', 'a table is given too', 'fit to the table, or validate the predictor, one at a time')
  if (options.table === undefined && options.predictor === undefined && options.target === undefined)
    throw usage('--validate', 'no predictor', 'name it with --predictor FILE or --target NAME')
  const { processors, seed } = options
  if (processors !== undefined && !(Number.isInteger(processors) && processors >= 1))
    throw usage('--processors', `${processors} is no number of units`, 'give a whole number from 1')
  if (!Number.isInteger(seed) || seed < 0) throw usage('--seed', `${seed} is no seed`, 'give a whole number from 0')
}

/** The mapping named by flag, that of the target, or the project's own columns. */
async function mappingFor({ columns, target }: Options): Promise<ColumnMapping> {
  const { ownMapping, readMapping, shippedMapping } = await import('../estimator/table/mapping.js')
  if (columns !== undefined) return readMapping(columns)
  return (target === undefined ? undefined : shippedMapping(await predictorName(target))) ?? ownMapping
}

async function predictorName(target: string): Promise<string> {
  const [{ loadTarget }, { UserError }] = await Promise.all([import('../hw/target.js'), import('../ir/errors.js')])
  const loaded = loadTarget(target)
  if (loaded.kind === 'measured') return loaded.predictor
  const remedy = 'name a measured target: see optimize targets'
  throw new UserError('usage', '--target', `${loaded.name} has a cycle model and no predictor`, remedy)
}

async function predictorFor({ predictor, target }: Options): Promise<Predictor> {
  const { loadPredictor, readPredictor } = await import('../estimator/predictor.js')
  return predictor === undefined ? loadPredictor(await predictorName(target!)) : readPredictor(predictor)
}

async function fitFile(
  file: string,
  mapping: ColumnMapping,
  options: Options,
  steps: ReturnType<typeof startSteps>,
): Promise<Predictor> {
  const { calibrate } = options
  if (calibrate !== undefined) return calibrateTable(file, mapping, { ...options, calibrate }, steps)
  const [{ readTable }, { fitTable }, { Predictor: Loaded }, { writeText }, { basename }] = await Promise.all([
    import('../estimator/table/read-table.js'),
    import('../estimator/fit/fit-table.js'),
    import('../estimator/predictor.js'),
    import('../export/write-text.js'),
    import('node:path'),
  ])
  steps.stage(`reading ${file}`)
  const table = await readTable(file, mapping)
  const stem = file.replace(/(\.csv)?(\.gz)?$/i, '')
  const predictor = fitTable(table, {
    name: options.name ?? options.target ?? basename(stem),
    processors: options.processors ?? mapping.processors ?? 1,
    seed: options.seed,
    source: mapping.description ?? `table ${table.file}`,
    onProgress: (kernel, share) => steps.stage(`fitting ${kernel}`, share),
  })
  steps.stop()
  const out = options.out ?? `${stem}.predictor.json`
  await writeText(out, `${JSON.stringify(predictor)}\n`)
  if (options.validate === undefined || !options.json) await printFit(out, predictor, options.json)
  return new Loaded(predictor)
}

async function printFit(out: string, predictor: Predictor['file'], json: boolean): Promise<void> {
  if (json) {
    const models = predictor.models.map(({ kind, precision, rows, families, method, validation }) => ({
      kernel: kind,
      precision,
      rows,
      families,
      method,
      validation,
    }))
    const { name, device, processors, data, parallelism = null } = predictor
    stdout.write(`${JSON.stringify({ file: out, name, device, processors, data, parallelism, models }, null, 2)}\n`)
    return
  }
  const [{ colorsFor }, { fitReport }] = await Promise.all([
    import('../report/terminal.js'),
    import('../report/fit-report.js'),
  ])
  stdout.write(`${fitReport(predictor, colorsFor(wantsColors(stdout)))}\nwrote ${out}\n`)
}

async function printGroups(
  groups: readonly GroupValidation[],
  { file }: Predictor,
  table: MeasurementTable,
): Promise<void> {
  const [{ colorsFor }, { validationReport }] = await Promise.all([
    import('../report/terminal.js'),
    import('../report/fit-report.js'),
  ])
  if (file.data.sha256 === table.sha256)
    stderr.write('optimize: these are the rows that the predictor was fitted to: its figures say nothing\n')
  stdout.write(`${validationReport(file, table.file, groups, colorsFor(wantsColors(stdout)))}\n`)
}

/** What `--json` promises, and no more. */
const publicFigures = ({ outOfRange: _, ...figures }: GroupValidation) => figures

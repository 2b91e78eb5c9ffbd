// Writes docs/api.md, docs/operators.md, docs/passes.md, docs/targets.md, docs/metrics.md and the schemas of users' files from the declarations in dist/ and src/.
// With --check: says whether they are up to date. What is exported without a doc comment is an error either way.
import { readFileSync, writeFileSync } from 'node:fs'
import { detectors } from '../dist/accuracy/detectors/index.js'
import { scalingPresets } from '../dist/accuracy/input/scaling.js'
import { metrics } from '../dist/accuracy/metrics/index.js'
import { loadTarget, targetNames } from '../dist/hw/target.js'
import { operators } from '../dist/ir/ops/index.js'
import { cleanUpPasses } from '../dist/passes/pipeline.js'
import { apiPage } from './api-page.mjs'

const escapePipes = (text) => text.replaceAll('|', '\\|')

const operatorsPage = () => {
  const sorted = [...operators].sort((a, b) => a.domain.localeCompare(b.domain) || a.type.localeCompare(b.type))
  const rows = sorted.map(({ domain, type, signatures, traits, axes, macs }) => {
    const versions = Object.keys(signatures).join(', ')
    return `| ${domain || 'ai.onnx'} | ${type} | ${versions} | ${traits.join(', ')} | ${axes ? 'yes' : ''} | ${macs ? 'yes' : ''} |`
  })
  return [
    '# Operators',
    '',
    `${operators.length} operators are declared. Others are kept as they are, and everything around them is still optimized.`,
    '',
    '| domain | operator | versions | traits | axis couplings | MACs |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

const passesPage = () =>
  [
    '# Passes',
    '',
    'exact: same bits or same integers. rounding: the same real function, reassociated; tolerances by dtype.',
    'Passes run to a fixpoint in this order; what a pass declines is counted in the report with its reason.',
    '',
    '| pass | kind | rule | before | after |',
    '|---|---|---|---|---|',
    ...cleanUpPasses.map(
      ({ id, kind, rule, example: [before, after] }) =>
        `| ${id} | ${kind} | ${escapePipes(rule)} | \`${escapePipes(before)}\` | \`${escapePipes(after)}\` |`,
    ),
    '',
  ].join('\n')

/** Properties of a schema as rows: path, what it may be, whether it must be there, what it means. */
const schemaRows = (schema, root, path = '') =>
  Object.entries(schema.properties ?? {}).flatMap(([name, found]) => {
    const property = found.$ref ? root.definitions[found.$ref.split('/').at(-1)] : found
    const at = path === '' ? name : `${path}.${name}`
    const must = schema.required?.includes(name) ? 'yes' : ''
    const text = found.description ?? property.description ?? ''
    const row = `| ${at} | ${escapePipes(allowed(property))} | ${must} | ${escapePipes(text)} |`
    return [row, ...schemaRows(property, root, at)]
  })

const allowed = ({ type, enum: choices, anyOf, items, minimum, exclusiveMinimum, maximum, pattern }) => {
  if (choices) return choices.join(', ')
  if (anyOf) return anyOf.map(allowed).join(', or ')
  if (items) return `list of ${allowed(items)}`
  const least =
    minimum !== undefined ? ` from ${minimum}` : exclusiveMinimum !== undefined ? ` over ${exclusiveMinimum}` : ''
  return `${type ?? ''}${least}${maximum === undefined ? '' : ` to ${maximum}`}${pattern ? ` like \`${pattern}\`` : ''}`
}

const arrayKinds = {
  'dot-product-array': 'dotProductArray',
  'systolic-array': 'systolicArray',
  'microblock-array': 'microblockArray',
}

const fieldHead = ['| field | value | required | meaning |', '|---|---|---|---|']

const targetsPage = () => {
  const schema = JSON.parse(targetSchema)
  return [
    '# Targets',
    '',
    'A target is a JSON file; [target.schema.json](target.schema.json) is its schema. `optimize targets FILE` checks one of your own, and',
    'says which value at which path is not what was expected. `--target FILE` takes it wherever a name is taken.',
    '[Cycle models](cycle-models.md) says what becomes of the figures.',
    '',
    '## Fields',
    '',
    ...fieldHead,
    ...schemaRows(schema, schema),
    '',
    'A target of kind `measured` needs `predictor`; the others need `array`, `clockGHz`, `overhead` and `vector`.',
    '',
    ...Object.entries(arrayKinds).flatMap(([kind, definition]) => [
      `### array of kind ${kind}`,
      '',
      schema.definitions[definition].description,
      '',
      ...fieldHead,
      ...schemaRows(schema.definitions[definition], schema),
      '',
    ]),
    ...targetNames().flatMap((name) => {
      const target = loadTarget(name)
      return [`## ${name}`, '', target.description, '', '```json', JSON.stringify(target, null, 2), '```', '']
    }),
  ].join('\n')
}

const metricsPage = () => {
  const schema = JSON.parse(preprocessSchema)
  return [
    '# Metrics',
    '',
    '[data.md](data.md) says what they are computed on, [accuracy.md](accuracy.md) how their intervals are made.',
    '',
    '| --metric | what | needs | better | definition |',
    '|---|---|---|---|---|',
    ...metrics.map(
      ({ id, title, needs, higherIsBetter, definition }) =>
        `| ${id} | ${title} | ${needs} | ${higherIsBetter ? 'higher' : 'lower'} | ${escapePipes(definition)} |`,
    ),
    '',
    'Of those that need the same, the first is what a gate looks at unless `--metric` says otherwise. `reference` is the other model:',
    'nobody needs labels for those.',
    '',
    '## Detectors',
    '',
    'Recognised by number and sizes of their outputs; boxes are in pixels of the input.',
    '',
    '| family | outputs | least score | overlap that drops |',
    '|---|---|---|---|',
    ...detectors.map(
      ({ id, convention, scoreThreshold, overlapThreshold }) =>
        `| ${id} | ${escapePipes(convention)} | ${scoreThreshold} | ${overlapThreshold ?? 'done by the model'} |`,
    ),
    '',
    '## preprocess.json',
    '',
    'Its schema is [preprocess.schema.json](preprocess.schema.json).',
    '',
    ...fieldHead,
    ...schemaRows(schema, schema),
    '',
    '| preset | scaling |',
    '|---|---|',
    ...Object.entries(scalingPresets).map(([name, scaling]) => `| ${name} | \`${JSON.stringify(scaling)}\` |`),
    '',
  ].join('\n')
}

/** Published as they are. */
const published = (file) => readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8')
const targetSchema = published('hw/target.schema.json')
const recipeSchema = published('passes/architecture/recipe.schema.json')
const expertSchema = published('search/expert/expert.schema.json')
const preprocessSchema = published('accuracy/input/preprocess.schema.json')
const manifestSchema = published('zoo/batch/manifest.schema.json')
const assertionsSchema = published('report/diff/assertions.schema.json')

const { text: api, undocumented } = apiPage()

const pages = {
  'docs/api.md': api,
  'docs/operators.md': operatorsPage(),
  'docs/passes.md': passesPage(),
  'docs/targets.md': targetsPage(),
  'docs/target.schema.json': targetSchema,
  'docs/metrics.md': metricsPage(),
  'docs/preprocess.schema.json': preprocessSchema,
  'docs/recipe.schema.json': recipeSchema,
  'docs/expert.schema.json': expertSchema,
  'docs/zoo-manifest.schema.json': manifestSchema,
  'docs/assertions.schema.json': assertionsSchema,
}
let faults = 0
for (const [file, text] of Object.entries(pages)) {
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is stale: run npm run docs`)
    faults += 1
  }
}
for (const name of undocumented) {
  console.error(`${name} is exported without a doc comment`)
  faults += 1
}
process.exit(faults > 0 ? 1 : 0)

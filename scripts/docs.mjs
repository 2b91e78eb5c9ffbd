// Writes docs/operators.md, docs/passes.md and docs/targets.md from the declarations in dist/. With --check: says whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { loadTarget, targetNames } from '../dist/hw/target.js'
import { operators } from '../dist/ir/ops/index.js'
import { cleanUpPasses } from '../dist/passes/pipeline.js'

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

const targetsPage = () =>
  [
    '# Targets',
    '',
    'A target is a JSON file; `src/hw/target.schema.json` is its schema. `optimize targets FILE` checks one of your own.',
    '',
    ...targetNames().flatMap((name) => {
      const target = loadTarget(name)
      return [`## ${name}`, '', target.description, '', '```json', JSON.stringify(target, null, 2), '```', '']
    }),
  ].join('\n')

const pages = { 'docs/operators.md': operatorsPage(), 'docs/passes.md': passesPage(), 'docs/targets.md': targetsPage() }
let stale = 0
for (const [file, text] of Object.entries(pages)) {
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is stale: run npm run docs`)
    stale += 1
  }
}
process.exit(stale > 0 ? 1 : 0)

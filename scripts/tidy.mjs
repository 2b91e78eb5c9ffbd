// Repository rules that no linter knows: sizes, names, addresses, layout.
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'

const files = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(Boolean)
const faults = []

for (const file of files) {
  let size
  try {
    size = statSync(file).size
  } catch {
    continue // deleted in the work tree
  }
  if (size > 2 * 1024 * 1024) faults.push(`${file}: ${size} bytes; nothing over 2 MiB is committed`)
  if (/(^|\/)(utils?|helpers?|misc|common)(\.|\/)/.test(file)) faults.push(`${file}: say what is in it`)
  if (/^(src|test|bench|scripts)\//.test(file) && /[A-Z]/.test(file.split('/').at(-1)))
    faults.push(`${file}: file names are kebab-case`)
  if (!/\.(ts|mjs|cjs|js|json|md|ya?ml|proto)$|^\.ci\/run$/.test(file) || file.startsWith('fixtures/')) continue
  const text = readFileSync(file, 'utf8')
  if (file === 'package-lock.json') {
    if (text.includes('"resolved": "http')) faults.push(`${file}: registry addresses; see .npmrc`)
    continue
  }
  if (
    /(^|[^A-Za-z0-9_.])\/(work|root|home\/[a-z]+)\//m.test(text.replaceAll(/\(\?:?.*?\)/g, '')) &&
    file !== 'scripts/tidy.mjs'
  ) {
    faults.push(`${file}: a path of one machine`)
  }
  if (/^(<{7}|>{7}) /m.test(text)) faults.push(`${file}: a merge that was not finished`)
  if (/^src\/.*\.ts$/.test(file)) {
    const lines = text.split('\n').length
    if (lines > (file.endsWith('.test.ts') ? 800 : 450)) faults.push(`${file}: ${lines} lines; which seam is missing?`)
  }
}

for (const fault of faults) console.error(fault)
console.log(`${files.length} files, ${faults.length} faults`)
process.exit(faults.length > 0 ? 1 : 0)

// dist/ = compiled src/, the generated codec, and the data files that the code reads.

import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import './generate-codec.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')
rmSync(dist, { recursive: true, force: true })

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

const copyData = (folder) => {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) copyData(path)
    else if (['.json', '.css'].includes(extname(name)) || path.includes('generated')) {
      const to = join(dist, relative(join(root, 'src'), path))
      mkdirSync(dirname(to), { recursive: true })
      cpSync(path, to)
    }
  }
}
copyData(join(root, 'src'))
chmodSync(join(dist, 'cli/main.js'), 0o755)

// The page that `optimize --help` prints.
const main = join(dist, 'cli/main.js')
const { stdout: help } = spawnSync(process.execPath, [main, '--help'], {
  encoding: 'utf8',
  env: { ...process.env, COLUMNS: '100' },
})
writeFileSync(join(dist, 'cli/help.txt'), help)

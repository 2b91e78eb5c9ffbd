// dist/ = compiled src/, the generated codec, and the data files that the code reads.
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
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
    else if (extname(name) === '.json' || path.includes('generated')) {
      const to = join(dist, relative(join(root, 'src'), path))
      mkdirSync(dirname(to), { recursive: true })
      cpSync(path, to)
    }
  }
}
copyData(join(root, 'src'))
chmodSync(join(dist, 'cli/main.js'), 0o755)

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'

/** The package as somebody gets it: packed, installed into an empty project, run and compiled against. */
const root = fileURLToPath(new URL('..', import.meta.url))
const model = join(root, 'fixtures/shapes/shapes_ibn.onnx')
const project = join(mkdtempSync(join(tmpdir(), 'package-')), 'project')
const limitMs = 240_000

interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: readonly { readonly path: string; readonly size: number }[]
}

let packed: Packed

/** Runs npm or npx; on Windows they are scripts that need a shell. */
const npm = (program: 'npm' | 'npx', ...args: readonly string[]) =>
  spawnSync(program, args, {
    cwd: project,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', NO_COLOR: '1' },
  })

beforeAll(() => {
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  // The build is there already: see build-program.ts.
  const { stdout, stderr } = npm('npm', 'pack', root, '--ignore-scripts', '--json')
  expect(stdout, stderr).not.toBe('')
  packed = (Object.values(JSON.parse(stdout) as object) as Packed[])[0]!
}, limitMs)

describe('what is in the package', () => {
  test('license, readme, documentation; no tests, fixtures, sources or maps', () => {
    const paths = packed.files.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'docs/api.md', 'docs/report.schema.json']))
    const strangers = paths.filter(
      (path) => /\.test\.|\.map$|(?<!\.d)\.m?ts$/.test(path) || !/^(dist|docs)\/|^[\w-]+(\.md|\.json)?$/.test(path),
    )
    expect(strangers).toEqual([])
    const mapped = paths.filter(
      (path) => path.endsWith('.js') && readFileSync(join(root, path), 'utf8').includes('sourceMappingURL'),
    )
    expect(mapped).toEqual([])
    expect(packed.size).toBeLessThan(4_000_000)
  })

  test('every file that the code reads beside itself: targets, predictors, schemas, styles, workers', () => {
    const paths = new Set(packed.files.map(({ path }) => path))
    const data = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => /\.(json|css|js)$/.test(name))
    expect(data.length).toBeGreaterThan(25)
    expect(data.filter((name) => !paths.has(`dist/${name}`))).toEqual([])
  })
})

/** Why nothing can be installed here; undefined: the package is. */
let unreachable: string | undefined

describe('in an empty project', () => {
  beforeAll(() => {
    // Asked first: an installation tries every package again and again where there is no network.
    const ask = npm(
      'npm',
      'view',
      'onnxruntime-node',
      'version',
      '--fetch-retries=0',
      '--fetch-timeout=20000',
      '--loglevel=error',
    )
    if (ask.status !== 0) {
      unreachable = `no package registry: ${ask.stderr.trim().split('\n')[0]}`
      return
    }
    const { status, stderr } = npm('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', packed.filename)
    expect(status, stderr).toBe(0)
  }, limitMs)

  test('npx runs the program', { timeout: limitMs }, ({ skip }) => {
    if (unreachable !== undefined) skip(unreachable)
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    expect(npm('npx', 'optimize', '--version').stdout.trim()).toBe(version)
    const profile = npm('npx', 'optimize', 'profile', model)
    expect(profile.stdout, profile.stderr).toMatch(/on neural-engine\nlatency 0\.158 ms/)
    // Predictor, onnxruntime in a process of its own, and what a page is made of.
    const tailored = npm('npx', 'optimize', model, '--target', 'cpu', '--out', 'out.onnx', '--html', 'out.html')
    expect(tailored.stdout, tailored.stderr).toMatch(/verified: the output agrees/)
    expect(readFileSync(join(project, 'out.html'), 'utf8')).toContain('<style>')
    expect(existsSync(join(project, 'out.onnx'))).toBe(true)
  })

  test('it is a library', { timeout: limitMs }, ({ skip }) => {
    if (unreachable !== undefined) skip(unreachable)
    const script = `
      import { estimate, loadTarget, readModel, targetNames } from 'onnx-tailor'
      import { htmlReport } from 'onnx-tailor/html'
      const { latencyMs } = estimate(await readModel(process.argv[2]), loadTarget('neural-engine'))
      console.log(latencyMs.toFixed(3), targetNames().includes('cpu'), typeof htmlReport)`
    writeFileSync(join(project, 'use.mjs'), script)
    const printed = execFileSync(process.execPath, ['use.mjs', model], { cwd: project, encoding: 'utf8' })
    expect(printed.trim()).toBe('0.158 true function')
  })

  test.for([
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ])(
    'its types hold under strict, for module %s, resolution %s, libraries checked',
    ([module, resolution], { skip }) => {
      if (unreachable !== undefined) skip(unreachable)
      writeFileSync(join(project, 'use.ts'), consumer)
      const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
      const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false']
      const system = ['--target', 'es2022', '--module', module!, '--moduleResolution', resolution!]
      const { status, stdout } = spawnSync(process.execPath, [tsc, ...options, ...system, 'use.ts'], {
        cwd: project,
        encoding: 'utf8',
      })
      // A wrong call is found, so that types were there.
      expect(stdout.trim()).toMatch(
        /^use\.ts\(\d+,\d+\): error TS2322: Type 'string' is not assignable to type 'boolean'\.$/,
      )
      expect(status).not.toBe(0)
    },
  )
})

const consumer = `
import { estimate, type JobOptions, loadTarget, optimizeFile, readModel, type Report, UserError } from 'onnx-tailor'
import { htmlReport } from 'onnx-tailor/html'

const options: JobOptions = { target: loadTarget('neural-engine'), tool: { name: 'consumer', version: '1' }, verify: false }

export async function tailor(file: string): Promise<string> {
  try {
    const report: Report = await optimizeFile(file, options)
    const latencyMs: number = estimate(await readModel(file), options.target).latencyMs
    return report.verification.verdict + latencyMs + htmlReport(report)
  } catch (error) {
    if (error instanceof UserError) return error.line()
    throw error
  }
}

export const wrong: JobOptions = { ...options, freeze: 'yes' }
`

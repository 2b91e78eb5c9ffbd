// Compiles src/onnx/onnx.proto into a static protobufjs codec (src/onnx/generated, not committed).

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const schema = join(root, 'src/onnx/onnx.proto')
const out = join(root, 'src/onnx/generated/onnx.js')

const isFresh = () => {
  try {
    return statSync(out).mtimeMs > statSync(schema).mtimeMs && readFileSync(out).length > 0
  } catch {
    return false
  }
}

if (!isFresh()) {
  mkdirSync(dirname(out), { recursive: true })
  const pbjs = join(dirname(createRequire(import.meta.url).resolve('protobufjs-cli/package.json')), 'bin/pbjs')
  const flags = '-t static-module -w esm --keep-case --force-long --null-defaults'
  const leaveOut = '--no-create --no-verify --no-convert --no-delimited --no-typeurl --no-service'
  const args = [pbjs, ...flags.split(' '), ...leaveOut.split(' '), '--dependency', 'protobufjs/minimal.js']
  const { status } = spawnSync(process.execPath, [...args, '-o', out, '-d', schema], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

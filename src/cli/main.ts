#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs'
import { argv, exit, stderr, stdout } from 'node:process'
import { describeFailure } from './failure.js'

const args = argv.slice(2)
// The plain help is laid out when the program is built: loading the parser takes longer than reading a page.
const help = new URL('./help.txt', import.meta.url)

if (args.length === 1 && (args[0] === '--help' || args[0] === '-h') && existsSync(help)) {
  stdout.write(readFileSync(help))
} else if (args.length === 0) {
  stderr.write('optimize: give a model file, e.g. optimize model.onnx; see optimize --help\n')
  exit(2)
} else {
  // Every command is a promise; whatever it throws becomes one line and an exit code here.
  try {
    const { parser } = await import('./parser.js')
    await parser(args).parseAsync()
  } catch (error) {
    const { text, code } = describeFailure(error)
    if (text !== '') stderr.write(`${text}\n`)
    exit(code)
  }
}

#!/usr/bin/env node
import { argv, exit, stderr } from 'node:process'
import { hideBin } from 'yargs/helpers'
import { describeFailure } from './failure.js'
import { parser } from './parser.js'

// Every command is a promise; whatever it throws becomes one line and an exit code here.
try {
  await parser(hideBin(argv)).parseAsync()
} catch (error) {
  const { text, code } = describeFailure(error)
  if (text !== '') stderr.write(`${text}\n`)
  exit(code)
}

import { UserError } from '../ir/errors.js'
import { toolVersion } from './version.js'

/** Exit codes; see the README. */
export const exitCodes = {
  done: 0,
  bug: 1,
  usage: 2,
  badFile: 3,
  verificationFailed: 4,
  unreachable: 5,
  zooFailures: 6,
  assertionFailed: 7,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Ends a command with a code after its output has been written. */
export class ExitError extends Error {
  override readonly name = 'ExitError'
  readonly code: ExitCode

  constructor(code: ExitCode, message = '') {
    super(message)
    this.code = code
  }
}

function codeOf({ code }: UserError): ExitCode {
  if (code === 'usage') return exitCodes.usage
  return code === 'unreachable' ? exitCodes.unreachable : exitCodes.badFile
}

/** What to print on stderr and which code to leave with. */
export function describeFailure(error: unknown): { readonly text: string; readonly code: ExitCode } {
  if (error instanceof ExitError) return { text: error.message, code: error.code }
  if (error instanceof UserError) {
    return { text: `optimize: ${error.line()}`, code: codeOf(error) }
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return { text: 'optimize: interrupted; nothing was written', code: exitCodes.interrupted }
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const where = 'This is a bug of onnx-tailor: please report it with the lines above and, if you can, the model.'
  return { text: `${stack}\nonnx-tailor ${toolVersion}, node ${process.version}\n${where}`, code: exitCodes.bug }
}

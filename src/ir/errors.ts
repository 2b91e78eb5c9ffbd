/**
 * Every error a user can meet, by code. A model or data file at fault gives exit code 3, a wrong flag 2, limits that cannot be kept 5.
 * What, where, remedy: `file: place: message; remedy`.
 */
export type ErrorCode =
  | 'not-found'
  | 'unreadable'
  | 'not-onnx'
  | 'unsupported-version'
  | 'invalid-model'
  | 'invalid-graph'
  | 'invalid-node'
  | 'invalid-type'
  | 'invalid-tensor'
  | 'invalid-function'
  | 'external-data'
  | 'too-large'
  | 'invalid-data'
  | 'invalid-target'
  | 'invalid-recipe'
  | 'invalid-expert'
  | 'usage'
  | 'unreachable'
  | 'write-failed'

/** A fault of the user's file, data or flags; never of ours. */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly code: ErrorCode
  /** Where in the file: a node, a value, a JSON path. */
  readonly place: string
  /** What the user can do about it. */
  readonly remedy: string
  /** The file at fault; added by whoever knows it. */
  file: string | undefined

  constructor(code: ErrorCode, place: string, what: string, remedy: string, file?: string) {
    super(what)
    this.code = code
    this.place = place
    this.remedy = remedy
    this.file = file
  }

  /** One line: file, place, what, remedy. */
  line(): string {
    const parts = [this.file, this.place].filter((part) => part !== undefined && part !== '')
    const where = parts.length > 0 ? `${parts.join(': ')}: ` : ''
    return `${where}${this.message}; ${this.remedy}`.replaceAll(/[\r\n]+/g, ' ')
  }
}

/** Quotes a name from a file for a message: control characters escaped, length bounded. */
export function quoted(name: string): string {
  const short = name.length > 80 ? `${name.slice(0, 77)}...` : name
  return JSON.stringify(short)
}

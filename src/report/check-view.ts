import { bytes, count, magnitude } from './format.js'
import type { Colors } from './terminal.js'

/** What `check` found in one file. */
export interface CheckResult {
  readonly file: string
  /** One line: file, place, what, remedy; undefined for a well-formed file. */
  readonly error?: string
  readonly facts?: {
    readonly bytes: number
    readonly irVersion: number
    readonly opsets: Readonly<Record<string, number>>
    readonly nodes: number
    readonly parameters: number
    readonly functions: number
    readonly inputs: readonly string[]
    readonly outputs: readonly string[]
    /** Operators nobody declared: kept as they are. */
    readonly opaque: readonly string[]
    /** Rules of shape that the model or its claims break. */
    readonly problems: readonly string[]
  }
}

export function terminalCheck({ file, error, facts }: CheckResult, colors: Colors): string {
  if (facts === undefined) return `${colors.red('bad')}  ${error ?? file}`
  const opsets = Object.entries(facts.opsets).map(([domain, version]) => `${domain} ${version}`)
  const lines = [
    `${colors.green('good')} ${colors.bold(file)}: ${bytes(facts.bytes)}, IR ${facts.irVersion}, opset ${opsets.join(', ')}, ` +
      `${count(facts.nodes)} nodes, ${magnitude(facts.parameters)} parameters` +
      (facts.functions > 0 ? `, ${count(facts.functions)} functions` : ''),
    ...facts.inputs.map((text) => `     in  ${text}`),
    ...facts.outputs.map((text) => `     out ${text}`),
  ]
  if (facts.opaque.length > 0)
    lines.push(colors.yellow(`     unknown operators, kept as they are: ${facts.opaque.join(', ')}`))
  lines.push(...facts.problems.map((problem) => colors.yellow(`     ${problem}`)))
  return lines.join('\n')
}

import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import type { KernelShape } from '../../hw/shape.js'
import { UserError } from '../../ir/errors.js'
import { numberFields } from '../table/fields.js'
import { ownColumns } from '../table/mapping.js'

/** One line of a table that is being measured. */
export interface TableRow {
  /** Identifies the kernel within the plan. */
  readonly item: string
  /** Variants of one kernel of the prior; validation keeps them together. */
  readonly family: string
  readonly device: string
  readonly shape: KernelShape
  readonly latencyMs: number
  readonly spreadMs: number
  readonly runs: number
  readonly threads: number
  readonly runtime: string
  readonly network: string
}

/** Columns besides those that predictors are fitted to. */
export const extraColumns = ['spread_ms', 'runs', 'threads', 'runtime', 'network', 'item'] as const

const header = [...ownColumns, ...extraColumns].join(',')

/** A CSV file that grows by whole lines: whatever ends the program, what was measured is in it. */
export class TableFile {
  readonly path: string
  /** Latency of rows that were there already, by item. */
  readonly latencies = new Map<string, number>()

  /** Opens a table to go on with it, or makes it. Throws UserError `invalid-data` where it is another kind of file or of another device. */
  constructor(path: string, device: string) {
    this.path = path
    if (!existsSync(path) || readFileSync(path).length === 0) {
      writeFileSync(path, `${header}\n`)
      return
    }
    const text = readFileSync(path, 'utf8')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    const [first, ...lines] = whole.split('\n').filter(Boolean)
    if (first !== header) {
      const remedy = 'name another file with --out, or remove this one'
      throw new UserError('invalid-data', 'line 1', 'is no table that optimize measure began', remedy, path)
    }
    // The line that an interruption cut short.
    if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole))
    const columns = header.split(',')
    const [item, latency, own] = ['item', 'latency_ms', 'device'].map((name) => columns.indexOf(name))
    for (const [i, line] of lines.entries()) {
      const fields = splitLine(line)
      if (fields[own!] !== device) {
        const remedy = 'name another file with --out'
        throw new UserError(
          'invalid-data',
          `line ${i + 2}`,
          `was measured on "${fields[own!]}", this is "${device}"`,
          remedy,
          path,
        )
      }
      this.latencies.set(fields[item!]!, Number(fields[latency!]))
    }
  }

  append(row: TableRow): void {
    appendFileSync(this.path, `${lineOf(row)}\n`)
    this.latencies.set(row.item, row.latencyMs)
  }
}

function lineOf({
  shape,
  family,
  device,
  latencyMs,
  spreadMs,
  runs,
  threads,
  runtime,
  network,
  item,
}: TableRow): string {
  const numbers = { ...shape, latencyMs }
  const fields: (string | number)[] = [
    shape.kind,
    shape.op,
    shape.precision,
    family,
    device,
    ...numberFields.map((field) => rounded(numbers[field])),
    rounded(spreadMs),
    runs,
    threads,
    runtime,
    network,
    item,
  ]
  return fields.map(quoted).join(',')
}

/** To the digits a table keeps. */
export const rounded = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(6)))

const quoted = (field: string | number): string => {
  const text = String(field)
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Fields of a line as `lineOf` writes it: quotes only around fields that need them, no line breaks inside. */
function splitLine(line: string): string[] {
  const fields: string[] = []
  for (const [, quotedField, plain] of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g))
    fields.push(quotedField === undefined ? plain! : quotedField.replaceAll('""', '"'))
  return fields
}

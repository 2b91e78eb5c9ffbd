import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { UserError } from '../../ir/errors.js'
import {
  type Labels,
  type Measurement,
  type NumberField,
  numberFields,
  type RawRow,
  requiredNumbers,
  type TextField,
  textFields,
  toMeasurement,
} from './fields.js'
import { type ColumnMapping, columnsOf, type NumberSource, type TextSource } from './mapping.js'

/** A table of kernels measured on one device. */
export interface MeasurementTable {
  /** Name of the file, without its folder. */
  readonly file: string
  /** Of the file as it lies on the disk. */
  readonly sha256: string
  readonly device: string
  readonly rows: readonly Measurement[]
}

/** What is wrong with a table's rows: how many there are, and where the first of each kind is. */
interface Faults {
  count: number
  readonly examples: Map<string, { readonly line: number; readonly reason: string; count: number }>
}

/**
 * Reads a CSV file (`.gz` too) through a column mapping. Throws UserError `invalid-data` that counts and names all bad
 * rows, unknown columns, or rows of more than one device: nothing is dropped silently.
 */
export async function readTable(file: string, mapping: ColumnMapping): Promise<MeasurementTable> {
  const digest = createHash('sha256')
  const rows: Measurement[] = []
  const devices = new Map<string, number>()
  const faults: Faults = { count: 0, examples: new Map() }
  let reader: RowReader | undefined
  try {
    for await (const { record, info } of records(file, digest)) {
      if (reader === undefined) {
        reader = new RowReader(record, mapping, file)
        continue
      }
      const row = reader.row(record, info.lines)
      const result = 'reason' in row ? row : toMeasurement(row)
      if ('reason' in result) {
        note(faults, info.lines, result.field, result.reason)
        continue
      }
      rows.push(result)
      const device = (row as RawRow).text.device ?? mapping.device ?? 'unknown device'
      if (!devices.has(device)) devices.set(device, info.lines)
    }
  } catch (error) {
    if (error instanceof UserError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES')
      throw new UserError('not-found', '', message, 'check the path', file)
    throw new UserError('invalid-data', '', message, 'give a CSV file with a header line, or the same gzipped', file)
  }
  if (faults.count > 0) throw badRows(faults, file)
  refuseManyDevices(devices, file)
  if (rows.length === 0) throw new UserError('invalid-data', '', 'no rows', 'give a table with measurements', file)
  return { file: basename(file), sha256: digest.digest('hex'), device: [...devices.keys()][0]!, rows }
}

/** `devices`: line of the first row of each. Throws UserError `invalid-data`. */
export function refuseManyDevices(devices: ReadonlyMap<string, number>, file: string): void {
  if (devices.size <= 1) return
  const list = [...devices].map(([device, line]) => `"${device}" (line ${line})`).join(', ')
  throw new UserError('invalid-data', 'device', `rows of ${devices.size} devices: ${list}`, 'split the table', file)
}

type Entry = { record: string[]; info: { lines: number } }

function records(file: string, digest: ReturnType<typeof createHash>): AsyncIterable<Entry> {
  const source = createReadStream(file, { highWaterMark: 1 << 20 })
  source.on('data', (chunk) => digest.update(chunk))
  const parser = parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true })
  const onEnd = () => {}
  if (/\.gz$/.test(file)) pipeline(source, createGunzip(), parser, onEnd)
  else pipeline(source, parser, onEnd)
  return parser as AsyncIterable<Entry>
}

type Read<T> = (record: readonly string[]) => T

/** Finds the mapping's columns in a header once, and reads rows by position. */
class RowReader {
  readonly #width: number
  readonly #text: [TextField, Read<string | undefined>][] = []
  readonly #numbers: [NumberField, Read<number | undefined>][] = []
  readonly #labels: Read<Labels>

  constructor(header: readonly string[], mapping: ColumnMapping, file: string) {
    this.#width = header.length
    const position = (column: string) => header.indexOf(column)
    const used = new Set<string>(mapping.ignore)
    const sources: [string, TextSource | NumberSource][] = [
      ...Object.entries(mapping.text),
      ...Object.entries(mapping.numbers),
    ]
    const isRequired = (field: string) => field === 'kernel' || (requiredNumbers as readonly string[]).includes(field)
    const missing = new Set<string>()
    for (const [field, source] of sources) {
      for (const column of columnsOf(source)) {
        used.add(column)
        if (position(column) < 0 && (isRequired(field) || typeof source !== 'string')) missing.add(column)
      }
    }
    const found = `the header has ${header.join(', ')}`
    if (missing.size > 0) {
      const remedy = 'name the columns in a mapping file (--columns); see docs/measurements.md'
      throw new UserError('invalid-data', 'line 1', `no column ${[...missing].join(', ')}; ${found}`, remedy, file)
    }
    const unknown = header.filter((column) => !used.has(column))
    if (unknown.length > 0) {
      const remedy = 'map it, or list it under "ignore" in the mapping file (--columns)'
      throw new UserError('invalid-data', 'line 1', `unknown column ${unknown.join(', ')}`, remedy, file)
    }
    for (const field of textFields) {
      const source = mapping.text[field]
      if (source !== undefined && columnsOf(source).every((column) => position(column) >= 0))
        this.#text.push([field, textReader(source, position)])
    }
    for (const field of numberFields) {
      const source = mapping.numbers[field]
      if (source !== undefined && columnsOf(source).every((column) => position(column) >= 0))
        this.#numbers.push([field, numberReader(source, position)])
    }
    this.#labels = labelReader(mapping, position)
  }

  row(record: readonly string[], line: number): RawRow | { field: string; reason: string } {
    if (record.length !== this.#width) {
      return { field: '', reason: `${record.length} fields instead of ${this.#width}` }
    }
    const text: Partial<Record<TextField, string>> = {}
    for (const [field, read] of this.#text) {
      const value = read(record)
      if (value !== undefined) text[field] = value
    }
    const numbers: Partial<Record<NumberField, number>> = {}
    for (const [field, read] of this.#numbers) {
      const value = read(record)
      if (value !== undefined) numbers[field] = value
    }
    return { text, numbers, labels: this.#labels(record), line }
  }
}

/** The table's own words, one object for all rows with the same. */
function labelReader({ text }: ColumnMapping, position: (column: string) => number): Read<Labels> {
  const at = (['kernel', 'precision'] as const).map((field) => {
    const column = text[field] === undefined ? undefined : columnsOf(text[field])[0]
    return column === undefined ? -1 : position(column)
  })
  const seen = new Map<string, Labels>()
  return (record) => {
    const [kernel = '', precision = ''] = at.map((i) => record[i] ?? '')
    const key = `${kernel}/${precision}`
    let labels = seen.get(key)
    if (labels === undefined) {
      labels = { kernel, precision }
      seen.set(key, labels)
    }
    return labels
  }
}

function textReader(source: TextSource, position: (column: string) => number): Read<string | undefined> {
  if (typeof source === 'string') {
    const at = position(source)
    return (record) => record[at] || undefined
  }
  if ('value' in source) return () => source.value
  const at = position(source.column)
  return (record) => source.values[record[at]!] ?? record[at]
}

const toNumber = (text: string | undefined): number | undefined =>
  text === undefined || text === '' ? undefined : Number(text)

function numberReader(source: NumberSource, position: (column: string) => number): Read<number | undefined> {
  if (typeof source === 'string') {
    const at = position(source)
    return (record) => toNumber(record[at])
  }
  if ('value' in source) return () => source.value
  if ('ceilOf' in source) {
    const [dividend, divisor] = source.ceilOf.map(position) as [number, number]
    return (record) => Math.ceil(Number(record[dividend]) / Number(record[divisor]))
  }
  const at = position(source.column)
  return (record) => {
    const value = toNumber(record[at])
    return value === undefined ? undefined : value * source.times
  }
}

function note(faults: Faults, line: number, field: string, reason: string): void {
  faults.count += 1
  // One example of each kind of fault; the figures in it are those of the first row.
  const kind = `${field}: ${reason.replaceAll(/-?[\d.]+|".*?"/g, '#')}`
  const seen = faults.examples.get(kind)
  if (seen === undefined) faults.examples.set(kind, { line, reason: field ? `${field} ${reason}` : reason, count: 1 })
  else seen.count += 1
}

function badRows({ count, examples }: Faults, file: string): UserError {
  const parts = [...examples.values()]
    .slice(0, 8)
    .map(({ line, reason, count: times }) => `line ${line}: ${reason}${times > 1 ? ` (and ${times - 1} more)` : ''}`)
  const message = `${count} bad row${count === 1 ? '' : 's'}: ${parts.join('; ')}`
  return new UserError('invalid-data', '', message, 'mend or remove these rows, or check the column mapping', file)
}

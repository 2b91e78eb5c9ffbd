import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { UserError } from '../../ir/errors.js'
import { refuseManyDevices } from '../table/read-table.js'

/** Whole models measured on one device. */
export interface ModelTable {
  /** Name of the file, without its folder. */
  readonly file: string
  /** Of the file as it lies on the disk. */
  readonly sha256: string
  readonly device: string
  readonly rows: readonly ModelRow[]
}

export interface ModelRow {
  /** Absolute path of the model. */
  readonly path: string
  readonly latencyMs: number
  /** Line of the file the row ends on, the header being line 1. */
  readonly line: number
}

const columns = ['model', 'latency_ms', 'device'] as const

/** Whether a CSV file is a table of whole models: its header has `model` and `latency_ms`. */
export const isModelTable = (header: readonly string[]): boolean =>
  header.includes('model') && header.includes('latency_ms')

/**
 * Reads a CSV file (`.gz` too) with columns model, latency_ms and, if wanted, device; paths are relative to the file.
 * undefined: the header is of another table. Throws UserError `invalid-data` that counts bad rows and names their lines.
 */
export function readModelTable(file: string): ModelTable | undefined {
  const { bytes, records } = readRecords(file)
  const header = records[0]?.record ?? []
  if (!isModelTable(header)) return undefined
  const unknown = header.filter((column) => !(columns as readonly string[]).includes(column))
  if (unknown.length > 0) {
    const remedy = `a table of models has the columns ${columns.join(', ')}`
    throw new UserError('invalid-data', 'line 1', `unknown column ${unknown.join(', ')}`, remedy, file)
  }
  const rows: ModelRow[] = []
  const faults: string[] = []
  const devices = new Map<string, number>()
  for (const { record, line } of records.slice(1)) {
    const field = (name: string) => record[header.indexOf(name)] ?? ''
    const latencyMs = Number(field('latency_ms') || Number.NaN)
    const device = field('device')
    if (record.length !== header.length) faults.push(`line ${line}: ${record.length} fields, expected ${header.length}`)
    else if (field('model') === '') faults.push(`line ${line}: no model`)
    else if (!(latencyMs > 0) || latencyMs === Number.POSITIVE_INFINITY)
      faults.push(`line ${line}: latency_ms "${field('latency_ms')}" is no positive number`)
    else {
      rows.push({ path: resolve(dirname(file), field('model')), latencyMs, line })
      if (device !== '' && !devices.has(device)) devices.set(device, line)
    }
  }
  if (faults.length > 0) {
    const shown = faults.slice(0, 5).join('; ')
    const text = faults.length === 1 ? `1 bad row: ${shown}` : `${faults.length} bad rows: ${shown}`
    throw new UserError('invalid-data', '', text, 'mend the rows, or leave them out of the table', file)
  }
  refuseManyDevices(devices, file)
  if (rows.length < 2)
    throw new UserError('invalid-data', '', `${rows.length} rows`, 'measure at least two models, better ten', file)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { file: basename(file), sha256, device: [...devices.keys()][0] ?? 'unknown device', rows }
}

function readRecords(file: string): { bytes: Buffer; records: { record: string[]; line: number }[] } {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new UserError('not-found', '', (error as Error).message, 'check the path', file)
  }
  try {
    const text = file.endsWith('.gz') ? gunzipSync(bytes) : bytes
    const parsed = parse(text, { bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true })
    const entries = parsed as unknown as { record: string[]; info: { lines: number } }[]
    return { bytes, records: entries.map(({ record, info }) => ({ record, line: info.lines })) }
  } catch (error) {
    const remedy = 'give a CSV file with a header line, or the same gzipped'
    throw new UserError('invalid-data', '', (error as Error).message, remedy, file)
  }
}

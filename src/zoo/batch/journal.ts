import { createReadStream, existsSync } from 'node:fs'
import { type FileHandle, open, readFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { UserError } from '../../ir/errors.js'
import { fileDigest } from '../facts.js'
import { filesOf, type JobLimits, type Outcome, type ZooJob } from './runner.js'

/** One finished job. */
export interface JournalEntry {
  readonly name: string
  /** See `JobKeys`. */
  readonly key: string
  readonly limits: JobLimits
  readonly outcome: Outcome
  readonly seconds: number
}

interface Head {
  readonly journalVersion: 1
}

const head: Head = { journalVersion: 1 }
const headLine = `${JSON.stringify(head)}\n`

/**
 * What was finished, a line each, in the order it happened; on disk before the next job begins. A line that was cut off when
 * the program was killed is as if it had not been written. The last line of a name counts.
 */
export class Journal {
  readonly #path: string
  readonly #file: FileHandle
  readonly #entries: Map<string, JournalEntry>

  private constructor(path: string, file: FileHandle, entries: Map<string, JournalEntry>) {
    this.#path = path
    this.#file = file
    this.#entries = entries
  }

  /** Throws UserError for a file that is no journal, and for one that cannot be written. */
  static async open(path: string): Promise<Journal> {
    const { entries, length } = existsSync(path) ? await read(path) : { entries: new Map(), length: 0 }
    try {
      if (length > 0) await truncate(path, length)
      const journal = new Journal(path, await open(path, length > 0 ? 'a' : 'w'), entries)
      if (length === 0) await journal.#write(head)
      return journal
    } catch (error) {
      throw notWritten(error, path)
    }
  }

  of(name: string): JournalEntry | undefined {
    return this.#entries.get(name)
  }

  /** Throws UserError `write-failed`: what is not in the journal is done again. */
  async add(entry: JournalEntry): Promise<void> {
    this.#entries.set(entry.name, entry)
    await this.#write(entry)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #write(line: object): Promise<void> {
    try {
      await this.#file.appendFile(`${JSON.stringify(line)}\n`)
      await this.#file.datasync()
    } catch (error) {
      throw notWritten(error, this.#path)
    }
  }
}

const notWritten = (error: unknown, path: string): unknown =>
  error instanceof UserError
    ? error
    : new UserError('write-failed', '', (error as Error).message, 'check that the folder can be written', path)

/** Whole lines, and how many bytes they are. */
async function read(path: string): Promise<{ readonly entries: Map<string, JournalEntry>; readonly length: number }> {
  const entries = new Map<string, JournalEntry>()
  const { size } = await stat(path)
  let length = 0
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
  for await (const line of lines) {
    const entry = parsed(line)
    const bytes = Buffer.byteLength(line) + 1
    // The last one has no end.
    if (entry === undefined || length + bytes > size) break
    if (length === 0) {
      if ((entry as Partial<Head>).journalVersion !== 1) throw foreign(path)
    } else entries.set((entry as JournalEntry).name, entry as JournalEntry)
    length += bytes
  }
  // Killed before its first line was whole; anything else without a whole line is not ours to write over.
  if (length === 0 && !headLine.startsWith(await readFile(path, 'utf8'))) throw foreign(path)
  return { entries, length }
}

const foreign = (path: string) =>
  new UserError('invalid-data', '', 'not a journal of this version', 'give another folder to --out', path)

function parsed(line: string): object | undefined {
  try {
    return JSON.parse(line) as object
  } catch {
    return undefined
  }
}

/** Failures that the same model and options would have again. A crash may have been the system's; missing data may come. */
const lastingFailures: ReadonlySet<string> = new Set([
  'bad-file',
  'usage',
  'verification-failed',
  'gate-failed',
  'unreachable',
  'time-limit',
  'memory-limit',
  'bug',
])

/** Whether what the journal has of a job would come out again: then it need not be done. */
export async function isCurrent(entry: JournalEntry, job: ZooJob, key: string): Promise<boolean> {
  const { outcome, limits } = entry
  if (entry.key !== key) return false
  if (outcome.state === 'failed') {
    if (outcome.kind === 'time-limit') return job.limits.seconds <= limits.seconds
    if (outcome.kind === 'memory-limit') return job.limits.bytes <= limits.bytes
    if (!lastingFailures.has(outcome.kind)) return false
  } else if (!filesOf(job).every((path) => existsSync(join(job.folder, path)))) return false
  for (const { path, sha256 } of outcome.external ?? []) {
    if ((await fileDigest(path).catch(() => undefined)) !== sha256) return false
  }
  return true
}

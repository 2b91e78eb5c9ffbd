import { rmSync } from 'node:fs'
import { mkdtemp, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../ir/errors.js'

const living = new Set<string>()
let isWatchingExit = false

/** However the process ends, short of being killed, nothing half-written stays. */
function watchExit(): void {
  if (isWatchingExit) return
  isWatchingExit = true
  process.once('exit', () => {
    for (const folder of living) rmSync(folder, { recursive: true, force: true })
  })
}

/** A temporary folder beside the file to be written, so on the same disk: what is written there can be renamed. */
export class StagingFolder {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
    watchExit()
    living.add(folder)
  }

  static async beside(path: string): Promise<StagingFolder> {
    const folder = await mkdtemp(join(dirname(path), `.${basename(path)}.`)).catch((error: unknown) => {
      throw writeError(error, path)
    })
    return new StagingFolder(folder)
  }

  file(name: string): string {
    return join(this.#folder, name)
  }

  /** Moves a file out to its place beside `path`. */
  async release(name: string, path: string): Promise<void> {
    await rename(this.file(name), join(dirname(path), name)).catch((error: unknown) => {
      throw writeError(error, path)
    })
  }

  async remove(): Promise<void> {
    living.delete(this.#folder)
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Makes the renaming last through a power failure, where the system lets folders be synced. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    await handle.sync().finally(() => handle.close())
  } catch {
    // Not all systems can: the files themselves are synced.
  }
}

const remedies: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'make the folder first'],
  ['ENOTDIR', 'choose another output name'],
  ['EISDIR', 'choose another output name'],
  ['EACCES', 'check the permissions of the folder'],
  ['EPERM', 'check the permissions of the folder'],
  ['EROFS', 'choose a folder that can be written'],
  ['ENOSPC', 'free some space'],
  ['ENAMETOOLONG', 'choose a shorter output name'],
])

/** What the system says of a failed write, as the user's error; anything else as it is. */
export function writeError(error: unknown, path: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (error instanceof UserError || syscall === undefined) return error
  const remedy = remedies.get(code ?? '') ?? 'check the folder'
  return new UserError('write-failed', '', `cannot be written (${code})`, remedy, path)
}

/** Removes what a process that was killed left beside `path`: its staging folder or its temporary file. Nobody may be writing there. */
export async function removeStaged(path: string): Promise<void> {
  const name = basename(path)
  for (const entry of await readdir(dirname(path)).catch(() => [])) {
    // mkdtemp adds six characters, `writeText` the id of its process.
    const isFolder = entry.startsWith(`.${name}.`) && entry.length === name.length + 8
    if (isFolder || entry.startsWith(`${name}.tmp-`))
      await rm(join(dirname(path), entry), { recursive: true, force: true })
  }
}

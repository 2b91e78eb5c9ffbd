import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

const prefix = 'onnx-tailor-job-'

/** A folder for temporary files of one process. Inside that of another: they are removed together. */
export const makeScratch = (inside = tmpdir()): string => mkdtempSync(join(inside, prefix))

/** The folder that this process was given for its temporary files, or the outermost one around it; undefined: it was given none. */
export function ownScratch(): string | undefined {
  let found: string | undefined
  for (let folder = tmpdir(); basename(folder).startsWith(prefix); folder = dirname(folder)) found = folder
  return found
}

/** Removes it, once nobody needs it. Nothing else is ever removed. */
export function removeScratch(): void {
  const folder = ownScratch()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

const prefix = 'onnx-tailor-job-'

/** A folder for the temporary files of one process. */
export const makeScratch = (): string => mkdtempSync(join(tmpdir(), prefix))

/** Removes the folder that this process was given for its temporary files. Nothing else is ever removed. */
export function removeOwnScratch(): void {
  if (basename(tmpdir()).startsWith(prefix)) rmSync(tmpdir(), { recursive: true, force: true })
}

import { open, rename, rm } from 'node:fs/promises'
import { UserError } from '../ir/errors.js'

/** Writes a text file whole or not at all: temporary name, sync, rename. */
export async function writeText(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp-${process.pid}`
  try {
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw new UserError(
      'write-failed',
      '',
      (error as Error).message,
      'check that the folder exists and can be written',
      path,
    )
  }
}

import { open, rename, rm } from 'node:fs/promises'
import { UserError } from '../ir/errors.js'

/** Writes a text file whole or not at all: temporary name, sync, rename. Throws UserError `write-failed`. */
export const writeText = (path: string, text: string): Promise<void> => writeWhole(path, text)

/** The same for a file of bytes. */
export const writeBytes = (path: string, bytes: Uint8Array): Promise<void> => writeWhole(path, bytes)

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp-${process.pid}`
  try {
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(content)
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

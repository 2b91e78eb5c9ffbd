import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { UserError } from '../../ir/errors.js'

export const isGzip = (file: string): boolean => file.endsWith('.gz')

/** The name without `.gz`: what the content is. */
export const innerName = (file: string): string => file.replace(/\.gz$/, '')

/** The content of a file, inflated if its name ends in `.gz`. Throws UserError `not-found` or `invalid-data`. */
export async function readWhole(file: string): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (error) {
    throw new UserError('not-found', '', (error as Error).message, 'check the path', file)
  }
  if (!isGzip(file)) return bytes
  try {
    return await promisify(gunzip)(bytes)
  } catch (error) {
    throw new UserError('invalid-data', '', `not gzip: ${(error as Error).message}`, 'compress it again', file)
  }
}

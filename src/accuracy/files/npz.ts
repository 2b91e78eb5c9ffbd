import { UserError } from '../../ir/errors.js'
import { parseNpy, type StoredArray } from './npy.js'
import { readWhole } from './whole-file.js'

/** The arrays of an `.npz` by name, inflated. Throws UserError `invalid-data`. */
export async function readNpz(file: string): Promise<Map<string, StoredArray>> {
  const bytes = await readWhole(file)
  const { unzipSync } = await import('fflate')
  let entries: Record<string, Uint8Array>
  try {
    entries = unzipSync(bytes)
  } catch (error) {
    const what = `not a zip archive: ${(error as Error).message}`
    throw new UserError('invalid-data', '', what, 'save it with numpy.savez', file)
  }
  const arrays = new Map<string, StoredArray>()
  for (const [name, content] of Object.entries(entries))
    if (name.endsWith('.npy')) arrays.set(name.slice(0, -'.npy'.length), parseNpy(content, file))
  return arrays
}

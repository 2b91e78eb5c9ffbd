import { parse } from 'csv-parse/sync'
import { UserError } from '../../ir/errors.js'
import type { Labels } from '../data-set.js'
import { readWhole } from '../files/whole-file.js'
import type { StoredSamples } from '../stored-samples.js'

/**
 * Class indexes by file name: columns `file` and `label`. Throws UserError `invalid-data` that names a file without a label,
 * a label without a file, or a row at fault.
 */
export async function classesFromCsv(file: string, samples: StoredSamples): Promise<Labels> {
  const rows = rowsOf(await readWhole(file), file)
  const byFile = new Map<string, number>()
  rows.forEach(({ file: name, label }, row) => {
    const place = `line ${row + 2}`
    if (name === undefined || label === undefined)
      throw new UserError('invalid-data', place, 'no columns file and label', 'begin the file with file,label', file)
    if (!/^\d+$/.test(label))
      throw new UserError(
        'invalid-data',
        place,
        `label "${label}" is no class index`,
        'write whole numbers from 0',
        file,
      )
    if (byFile.has(name))
      throw new UserError('invalid-data', place, `${name} a second time`, 'keep one row of it', file)
    byFile.set(name, Number(label))
  })
  const names = Array.from({ length: samples.count }, (_, sample) => samples.nameOf(sample).replaceAll('\\', '/'))
  const unknown = names.find((name) => !byFile.has(name))
  if (unknown !== undefined)
    throw new UserError('invalid-data', '', `no label for ${unknown} of ${samples.source}`, 'add a row for it', file)
  if (byFile.size !== names.length) {
    const extra = [...byFile.keys()].find((name) => !names.includes(name))
    throw new UserError(
      'invalid-data',
      '',
      `a label for ${extra}, which is not in ${samples.source}`,
      'remove it',
      file,
    )
  }
  return { kind: 'classes', classes: Int32Array.from(names, (name) => byFile.get(name)!) }
}

function rowsOf(content: Uint8Array, file: string): Partial<Record<'file' | 'label', string>>[] {
  try {
    return parse(Buffer.from(content), { columns: true, trim: true, skip_empty_lines: true, bom: true })
  } catch (error) {
    throw new UserError('invalid-data', '', (error as Error).message, 'write file,label and one row a sample', file)
  }
}

import { stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { glob, isDynamicPattern } from 'tinyglobby'
import { UserError } from '../ir/errors.js'

/**
 * Files as they are, folders and patterns as the ONNX files below them in order; what lies in hidden folders or in `without`
 * is left out. Throws UserError for a folder or pattern without any.
 */
export async function modelFiles(paths: readonly string[], without?: string): Promise<string[]> {
  const files: string[] = []
  for (const path of paths) {
    const entry = await stat(path).catch(() => undefined)
    const isPattern = entry === undefined && isDynamicPattern(path)
    if (!isPattern && !entry?.isDirectory()) {
      files.push(path)
      continue
    }
    const found = isPattern ? await filesBelow('.', path) : (await filesBelow(path)).map((name) => join(path, name))
    const kept = found.filter((file) => without === undefined || !isBelow(file, without)).sort()
    if (kept.length === 0) {
      const what = isPattern ? 'no file fits this pattern' : 'no .onnx file in this folder'
      throw new UserError('not-found', '', what, 'check the path', path)
    }
    files.push(...kept)
  }
  return [...new Set(files)]
}

const filesBelow = (folder: string, pattern = '**/*.onnx'): Promise<string[]> =>
  glob(pattern, {
    cwd: folder,
    absolute: isAbsolute(pattern),
    expandDirectories: false,
    followSymbolicLinks: false,
  })

function isBelow(file: string, folder: string): boolean {
  const path = relative(resolve(folder), resolve(file))
  return path !== '..' && !path.startsWith(`..${sep}`)
}

/** What each file is called among the others: its path below the folder they have in common, without `.onnx`. */
export function namesOf(files: readonly string[]): string[] {
  const parts = files.map((file) => resolve(file).split(sep))
  const [first = []] = parts
  let common = 0
  while (common < first.length - 1 && parts.every((path) => path[common] === first[common] && path.length > common + 1))
    common += 1
  const paths = parts.map((path) => path.slice(common).join('/'))
  const bare = paths.map((path) => path.replace(/\.onnx$/, ''))
  const times = new Map<string, number>()
  for (const name of bare) times.set(name, (times.get(name) ?? 0) + 1)
  // `a` beside `a.onnx`: both keep what tells them apart.
  return bare.map((name, i) => (times.get(name) === 1 ? name : paths[i]!))
}

import { basename, dirname, extname, join, resolve } from 'node:path'
import { UserError } from '../ir/errors.js'

/** `<name>.tailored.onnx` beside the model unless told; never the input, whatever its path is written like. */
export function outputPath(file: string, out: string | undefined): string {
  const name = basename(file, extname(file))
  const path = out ?? join(dirname(file), `${name}.tailored.onnx`)
  if (resolve(path) === resolve(file)) {
    throw new UserError('usage', '--out', 'the output would overwrite the input', 'give another name', file)
  }
  return path
}

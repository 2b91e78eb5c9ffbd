import { readFileSync } from 'node:fs'
import { UserError } from '../../ir/errors.js'
import { readJson, validateJson } from '../../ir/json-file.js'
import { isScalingPreset, type Scaling, type ScalingPreset, scalingPresets } from './scaling.js'

/** How stored samples become the input of a model. See `preprocess.schema.json`. */
export interface Preprocess {
  readonly preprocessVersion: 1
  readonly description?: string
  /** Which input takes the samples. */
  readonly input?: string
  readonly layout?: 'NCHW' | 'NHWC'
  readonly channels?: 'rgb' | 'bgr' | 'gray'
  readonly scaling?: ScalingPreset | Scaling
  readonly fit?: 'crop' | 'squash' | 'pad'
  readonly shortSide?: number
  readonly padValue?: number
  readonly padAt?: 'both' | 'end'
  /** Height, width. */
  readonly size?: readonly [number, number]
  /** Audio samples. */
  readonly length?: number
  /** Hertz. */
  readonly sampleRate?: number
  readonly others?: Readonly<Record<string, 'zeros' | number | readonly number[]>>
  readonly ignoredLabel?: number
}

/** Nothing is said: arrays are taken as they are, image files are refused. */
export const noPreprocess: Preprocess = { preprocessVersion: 1 }

/** By the name of a scaling preset, or from a file. Throws UserError `invalid-data` with the JSON path at fault. */
export function readPreprocess(nameOrFile: string): Preprocess {
  if (isScalingPreset(nameOrFile)) return { preprocessVersion: 1, scaling: nameOrFile }
  if (!/[./\\]/.test(nameOrFile)) {
    const known = Object.keys(scalingPresets).join(', ')
    const what = `no preset "${nameOrFile}"`
    throw new UserError('usage', '--preprocess', what, `use one of ${known}, or the path of a JSON file`)
  }
  const value = readJson(nameOrFile, 'check the path given to --preprocess')
  const schema = JSON.parse(readFileSync(new URL('./preprocess.schema.json', import.meta.url), 'utf8')) as object
  const fault = validateJson(value, schema)
  if (fault !== undefined)
    throw new UserError('invalid-data', fault.path, fault.message, 'see docs/data.md for the format', nameOrFile)
  return value as Preprocess
}

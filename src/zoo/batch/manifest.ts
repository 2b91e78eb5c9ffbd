import { readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { isScalingPreset } from '../../accuracy/input/scaling.js'
import { targetNames } from '../../hw/target.js'
import { UserError } from '../../ir/errors.js'
import { readJson, validateJson } from '../../ir/json-file.js'
import type { AskedSearch } from '../asked-search.js'

/** What may be asked of one model; `manifest.schema.json` says what each is. Paths are seen from here, not from the manifest. */
export interface ModelRequest extends Omit<AskedSearch, 'recipe'> {
  readonly target?: string | undefined
  /** Sizes of inputs by name. */
  readonly shape?: Readonly<Record<string, readonly number[]>> | undefined
  readonly batch?: number | undefined
  readonly freeze?: boolean | undefined
  readonly verify?: boolean | undefined
  readonly data?: string | undefined
  readonly labels?: string | undefined
  readonly testData?: string | undefined
  readonly testLabels?: string | undefined
  readonly preprocess?: string | undefined
  readonly metric?: string | undefined
  readonly maxDrop?: number | undefined
  readonly recipe?: string | undefined
  readonly tune?: string | undefined
  readonly channelScores?: string | undefined
  readonly bestEffort?: boolean | undefined
  readonly keepOverridable?: boolean | undefined
  readonly seed?: number | undefined
  readonly threads?: number | undefined
  /** Seconds. */
  readonly timeLimit?: number | undefined
  /** `4GB`. */
  readonly memoryLimit?: string | undefined
}

export interface Manifest {
  readonly defaults: ModelRequest
  readonly models: readonly { readonly file: string; readonly name?: string; readonly request: ModelRequest }[]
}

type WrittenEntry = ModelRequest & { readonly model?: string; readonly name?: string }

interface Written {
  readonly defaults?: WrittenEntry
  readonly models: readonly (string | WrittenEntry)[]
}

/** Throws UserError `not-found` or `invalid-data` with the JSON path at fault. */
export function readManifest(file: string): Manifest {
  const value = readJson(file, 'check the path of the manifest')
  const schema = JSON.parse(readFileSync(new URL('./manifest.schema.json', import.meta.url), 'utf8')) as object
  const fault = validateJson(value, schema) ?? placeFault(value as Written)
  if (fault !== undefined)
    throw new UserError('invalid-data', fault.path, fault.message, 'see docs/zoo.md for the format', file)
  const { defaults = {}, models } = value as Written
  const folder = dirname(file)
  return {
    defaults: seenFromHere(defaults, folder),
    models: models.map((entry) => {
      if (typeof entry === 'string') return { file: join(folder, entry), request: {} }
      const { model, name, ...request } = entry
      return { file: join(folder, model!), ...(name !== undefined && { name }), request: seenFromHere(request, folder) }
    }),
  }
}

/** What the schema would say in words nobody understands. */
function placeFault({ defaults = {} }: Written): { readonly path: string; readonly message: string } | undefined {
  const wrong = (['model', 'name'] as const).find((key) => defaults[key] !== undefined)
  return wrong === undefined ? undefined : { path: `/defaults/${wrong}`, message: 'belongs to one model, not to all' }
}

/** Paths in a manifest are relative to it. Targets and presets may also be names. */
function seenFromHere(request: ModelRequest, folder: string): ModelRequest {
  const seen: Record<string, unknown> = { ...request }
  for (const key of ['data', 'labels', 'testData', 'testLabels', 'recipe', 'expert'] as const)
    if (request[key] !== undefined) seen[key] = join(folder, request[key])
  const { target, preprocess, coResident } = request
  if (coResident !== undefined) seen['coResident'] = coResident.map((file) => join(folder, file))
  if (target !== undefined && !targetNames().includes(target) && extname(target) !== '')
    seen['target'] = join(folder, target)
  if (preprocess !== undefined && !isScalingPreset(preprocess)) seen['preprocess'] = join(folder, preprocess)
  return seen
}

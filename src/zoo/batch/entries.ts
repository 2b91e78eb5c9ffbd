import { availableParallelism, totalmem } from 'node:os'
import { loadTarget, type Target } from '../../hw/target.js'
import { UserError } from '../../ir/errors.js'
import { parseBytes } from '../../report/quantity.js'
import { defaultChannelScoring } from '../../tune/channel-scorers.js'
import { defaultTuner } from '../../tune/tuners.js'
import { type AskedSearch, searchOf } from '../asked-search.js'
import { modelFiles, namesOf } from '../model-files.js'
import type { JobRequest } from './job-request.js'
import { type Manifest, type ModelRequest, readManifest } from './manifest.js'
import type { ZooEntry } from './run-zoo.js'
import type { JobLimits } from './runner.js'

/** What a command asks of all models: they take the shapes that they have inputs for. */
export interface CommonRequest extends Omit<ModelRequest, 'shape'> {
  readonly shape?: readonly string[] | undefined
  /** Jobs at a time: memory is shared among them. */
  readonly jobs: number
}

/** Seconds that a model may take. */
const defaultSeconds = 600

/** Part of the memory of the machine that all jobs together may take. */
const memoryShare = 0.8

/** Jobs at a time where nobody says: a job keeps one core busy, in its own process or in the runtime's. */
export const defaultJobs = (): number => availableParallelism()

/**
 * The models of a zoo and what is asked of each: what the manifest says of a model, then the command, then the defaults of the
 * manifest. `paths`: files, folders and patterns, or one manifest (.json). `out` is no part of the zoo. Throws UserError.
 */
export async function zooEntries(paths: readonly string[], common: CommonRequest, out: string): Promise<ZooEntry[]> {
  const manifest = await manifestOf(paths, out)
  const names = uniqueNames(manifest)
  const targets = new Map<string, Target>()
  const targetOf = (name: string) => {
    let target = targets.get(name)
    if (target === undefined) targets.set(name, (target = loadTarget(name)))
    return target
  }
  return manifest.models.map(({ file, request: own }, i) => {
    const { shape: sharedShape = [], jobs, ...flags } = common
    const asked = merged(merged(manifest.defaults, given(flags)), own)
    const {
      shape,
      target = 'neural-engine',
      timeLimit,
      memoryLimit,
      search,
      space,
      budget,
      expert,
      coResident,
      evaluations,
      ...rest
    } = asked
    const hasData = rest.data !== undefined
    const { tune = hasData ? defaultTuner() : 'none' } = rest
    const request: JobRequest = {
      ...(given(rest) as Omit<JobRequest, 'target'>),
      target: targetOf(target),
      search: searchFor(file, { search, space, budget, expert, coResident, evaluations, recipe: rest.recipe }),
      tune,
      channelScores: rest.channelScores ?? defaultChannelScoring(hasData, tune !== 'none'),
      shape: Object.entries(shape ?? {}).map(([name, sizes]) => `${name}=${sizes.join(',')}`),
      sharedShape,
    }
    return { name: names[i]!, file, request, limits: limitsOf(timeLimit, memoryLimit, jobs) }
  })
}

/** What is said closer to a model counts; a recipe and a search take each other's place. */
function merged(far: ModelRequest, near: ModelRequest): ModelRequest {
  if (near.recipe === undefined && near.search === undefined) return { ...far, ...near }
  const { search, space, budget, expert, coResident, evaluations, recipe, ...rest } = far
  const farSearch = { search, space, budget, expert, coResident, evaluations }
  return near.recipe === undefined && near.search !== 'none'
    ? { ...rest, ...given(farSearch), ...near }
    : { ...rest, ...near }
}

function searchFor(file: string, asked: AskedSearch): JobRequest['search'] {
  try {
    return searchOf(asked)
  } catch (error) {
    if (error instanceof UserError) error.file ??= file
    throw error
  }
}

async function manifestOf(paths: readonly string[], out: string): Promise<Manifest> {
  const [first, ...others] = paths
  if (first?.endsWith('.json')) {
    if (others.length > 0)
      throw new UserError('usage', '', 'a manifest stands alone', 'name the other models in it', first)
    return readManifest(first)
  }
  const files = await modelFiles(paths, out)
  return { defaults: {}, models: files.map((file) => ({ file, request: {} })) }
}

/** Names decide on files: no two models may have the same. */
function uniqueNames({ models }: Manifest): string[] {
  const paths = namesOf(models.map(({ file }) => file))
  const names = models.map(({ name }, i) => name ?? paths[i]!)
  const seen = new Map<string, number>()
  for (const [i, name] of names.entries()) {
    // Not all file systems tell upper from lower case.
    const key = name.toLowerCase()
    const earlier = seen.get(key)
    if (earlier !== undefined) {
      const what = `would be called "${name}", as ${models[earlier]!.file} is`
      throw new UserError('usage', '', what, 'give one of them another "name" in a manifest', models[i]!.file)
    }
    seen.set(key, i)
  }
  return names
}

const given = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>

function limitsOf(seconds = defaultSeconds, memory: string | undefined, jobs: number): JobLimits {
  const bytes = memory === undefined ? Math.floor((machineBytes() * memoryShare) / jobs) : parseBytes(memory)
  if (bytes === undefined || bytes < 2 ** 27)
    throw new UserError('usage', '--memory-limit', `cannot use "${memory}"`, 'give at least 128MB, e.g. 4GB')
  if (!(seconds > 0)) throw new UserError('usage', '--time-limit', `${seconds} is no time`, 'give seconds')
  return { seconds, bytes }
}

/** Of the machine, or what this process's group may take of it. */
function machineBytes(): number {
  const limit = process.constrainedMemory?.() ?? 0
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}

import { UserError } from '../ir/errors.js'
import type { Tuner } from './tuner.js'

/** How `--tune` calls them; each is loaded when it is asked for. The version is part of what cached results depend on. */
export const tuners: Readonly<Record<string, { readonly version: number; load(): Promise<Tuner> }>> = {
  'closed-form': { version: 3, load: async () => (await import('./closed-form.js')).tuneClosedForm },
}

export const tunerNames = (): string[] => ['none', ...Object.keys(tuners)]

/** What refits where there are samples and nobody says how. */
export const defaultTuner = (): string => Object.keys(tuners)[0] ?? 'none'

export interface LoadedTuner {
  readonly name: string
  readonly version: number
  readonly tune: Tuner
}

/** undefined for `none`. Throws UserError `usage` for a name that is none of them. */
export async function loadTuner(name: string): Promise<LoadedTuner | undefined> {
  if (name === 'none') return undefined
  const found = tuners[name]
  if (found === undefined) {
    throw new UserError('usage', '--tune', `no tuner "${name}"`, `use one of ${tunerNames().join(', ')}`)
  }
  return { name, version: found.version, tune: await found.load() }
}

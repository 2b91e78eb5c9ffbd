import { readFileSync } from 'node:fs'
import { UserError } from '../../ir/errors.js'
import { readJson, type SchemaFault, validateJson } from '../../ir/json-file.js'
import type { Decision, Recipe } from './decision.js'

/**
 * A recipe from a file; `recipe.schema.json` says what may be in it. Throws UserError `not-found`, `invalid-data` (no JSON)
 * or `invalid-recipe` with the JSON pointer at fault.
 */
export function readRecipe(file: string): Recipe {
  const value = readJson(file, 'check the path given to --recipe')
  const fault = validateRecipe(value)
  if (fault !== undefined)
    throw new UserError('invalid-recipe', fault.path, fault.message, 'see docs/recipes.md for the format', file)
  return value as Recipe
}

/** What is wrong with a recipe as such, whatever the model; first fault only. */
export function validateRecipe(value: unknown): SchemaFault | undefined {
  schema ??= JSON.parse(readFileSync(new URL('./recipe.schema.json', import.meta.url), 'utf8')) as object
  return validateJson(value, schema) ?? nameFault(value as Recipe)
}

let schema: object | undefined

/** What the schema would say in words nobody understands: a place has one name. */
function nameFault({ decisions }: Recipe): SchemaFault | undefined {
  for (const [index, decision] of decisions.entries()) {
    const names = namesOf(decision)
    if (names === undefined || names.length === 1) continue
    const place = decision.kind === 'block' ? 'block' : 'group'
    const found = names.length === 0 ? 'neither' : 'both'
    return { path: decisionPath(index), message: `must have one of "${place}" and "signature", found ${found}` }
  }
  return undefined
}

/** The ways in which a decision names its place; undefined: it is about no place. */
function namesOf(decision: Decision): unknown[] | undefined {
  switch (decision.kind) {
    case 'block':
      return [decision.block, decision.signature].filter((name) => name !== undefined)
    case 'width':
      return [decision.group, decision.signature].filter((name) => name !== undefined)
    case 'convolution':
    case 'depth-multiplier':
    case 'resolution':
      return undefined
  }
}

/** JSON pointer of a decision in its recipe. */
export const decisionPath = (index: number): string => `/decisions/${index}`

import type { Model } from '../ir/graph.js'
import { Patch } from '../ir/patch.js'
import { cloneModel } from '../passes/clone-model.js'

/** A model as it runs when nobody overrides inputs that have a default value; the model itself where none has. */
export function atDefaults(model: Model): { readonly model: Model; readonly assumption?: string } {
  const count = model.graph.inputs.filter(({ tensor }) => tensor !== undefined).length
  if (count === 0) return { model }
  const copy = cloneModel(model)
  const patch = new Patch(copy)
  for (const input of [...copy.graph.inputs]) if (input.tensor !== undefined) patch.dropOverridableInput(input)
  return { model: copy, assumption: `inputs that have default values are taken at them: ${count}` }
}

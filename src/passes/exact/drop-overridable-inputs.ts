import { definePass } from '../define.js'

/**
 * Initializers that are graph inputs too can be overridden by a caller, so nothing can be folded into or with them. Hardly
 * anybody overrides weights: they become constants, unless the user asks to keep them.
 */
export const dropOverridableInputs = definePass({
  id: 'drop-overridable-inputs',
  kind: 'exact',
  rule: 'an input with a default value becomes a constant',
  example: ['input w = initializer w', 'initializer w'],
  sweep({ model, keepOverridable }, patch, report) {
    if (keepOverridable) return
    for (const input of [...model.graph.inputs]) {
      if (input.tensor !== undefined && !input.isPinned && report.fire(`input ${input.name}`))
        patch.dropOverridableInput(input)
    }
  },
})

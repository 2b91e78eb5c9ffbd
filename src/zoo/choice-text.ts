import type { Decision } from '../passes/architecture/decision.js'
import { decisionOf } from '../search/space/candidate-recipe.js'
import type { Choice } from '../search/space/choice.js'

/** What a choice of a space is about, for people. */
export function placeText(choice: Choice): string {
  switch (choice.kind) {
    case 'width':
      return `channels of "${choice.group}"`
    case 'resolution':
      return `size of "${choice.input}"`
    case 'block':
      return `block "${choice.block}"`
    case 'convolution':
      return `convolution "${choice.node}"`
  }
}

/** What an option makes of its place: a number of channels, or a form. */
export function optionText(choice: Choice, option: number): string {
  if (choice.kind === 'width') return String(choice.sizes[option])
  const decision = decisionOf(choice, option)
  return decision === undefined ? 'as it is' : decisionText(decision)
}

/** What a decision makes of its place. */
export function decisionText(decision: Decision): string {
  switch (decision.kind) {
    case 'width':
      return String(decision.size)
    case 'depth-multiplier':
      return `x ${decision.ratio}`
    case 'resolution':
      return `${decision.height} x ${decision.width}`
    case 'block':
    case 'convolution':
      return decision.alternative
  }
}

import type { Node } from '../ir/graph.js'
import { alternativesOf } from '../passes/architecture/apply-block.js'
import { type Block, nodeName } from '../passes/architecture/block.js'
import type { BlockDecision, ConvolutionDecision, Decision } from '../passes/architecture/decision.js'
import { type Declined, declined, isDeclined } from '../passes/architecture/declined.js'
import { sourceConvolution } from '../passes/architecture/source-convolution.js'
import { formsOfConvolution } from './alternatives.js'
import { matchKernels } from './scoring/kernel-match.js'
import { Structure } from './scoring/structure.js'
import type { Variation } from './scoring/timeline.js'
import type { FormChoice } from './space/choice.js'

/** A decision that the model or the space does not allow, with what is in the way. */
export interface DeclinedDecision<Decided extends Decision = Decision> {
  readonly decision: Decided
  readonly why: Declined
}

type FormDecision = BlockDecision | ConvolutionDecision

/** Tries the forms of blocks and convolutions, one after the other: choices of those that can be had, and why others cannot. */
export class FormOpener {
  readonly choices: FormChoice[] = []
  readonly variations: Variation[] = []
  readonly declined: DeclinedDecision<FormDecision>[] = []
  readonly #base: Structure
  /** Choices before those of forms. */
  readonly #before: number
  /** By kernel of the base, the choice whose options change it. */
  readonly #owners = new Map<number, number>()

  /** `before`: how many choices there are before those of forms. */
  constructor(base: Structure, before: number) {
    this.#base = base
    this.#before = before
  }

  openBlock(block: Block): void {
    const named = { kind: 'block', block: block.index ?? block.name } as const
    const forms = alternativesOf(block).map((alternative): BlockDecision => ({ ...named, alternative }))
    const possible = forms.filter((decision) => {
      const isPossible = decision.alternative !== 'skip' || block.residual !== undefined
      if (!isPossible) this.declined.push({ decision, why: noResidual(block) })
      return isPossible
    })
    this.#open(possible, undefined, (rest) => ({ kind: 'block', block: block.name, ...rest }))
  }

  openConvolution(node: Node): void {
    const source = sourceConvolution(node.inputs[0]!)?.stage.convolution
    this.#open(formsOfConvolution(node), source, (rest) => ({ kind: 'convolution', node: nodeName(node), ...rest }))
  }

  #open<Decided extends FormDecision>(
    forms: readonly Decided[],
    source: Node | undefined,
    choiceOf: (rest: { decisions: (Decided | undefined)[]; keep: 0; gone: number[][] }) => FormChoice,
  ): void {
    const choice = this.#before + this.choices.length
    const decisions: (Decided | undefined)[] = [undefined]
    const gone: number[][] = [[]]
    for (const decision of forms) {
      const variation = this.#vary(decision, choice, decisions.length, source)
      if (isDeclined(variation)) {
        this.declined.push({ decision, why: variation })
        continue
      }
      this.variations.push(variation)
      decisions.push(decision)
      gone.push(goneIn(variation.structure))
    }
    if (decisions.length > 1) this.choices.push(choiceOf({ decisions, keep: 0, gone }))
  }

  #vary(decision: FormDecision, choice: number, option: number, source: Node | undefined): Variation | Declined {
    const structure = Structure.of(this.#base.source, [decision])
    if (isDeclined(structure)) return structure
    const match = matchKernels(this.#base, structure)
    const touched = new Set(match.removed)
    // What a convolution is merged with may stay for other readers, and must not become another one.
    if (decision.alternative === 'merged-with-previous' && source !== undefined)
      for (const kernel of this.#kernelsOf(source)) touched.add(kernel)
    for (const kernel of touched) {
      const owner = this.#owners.get(kernel)
      if (owner !== undefined && owner !== choice)
        return declined(
          'shared-kernel',
          placeText(decision),
          'decide on it in a recipe: another block or convolution changes the same kernel',
        )
    }
    for (const kernel of touched) this.#owners.set(kernel, choice)
    return { choice, option, structure, match }
  }

  /** Kernels of the base that do the work of a node. */
  #kernelsOf(node: Node): number[] {
    return this.#base.kernels.flatMap(({ kernel }, i) =>
      kernel.nodes.some((each) => nodeName(each) === nodeName(node)) ? [i] : [],
    )
  }
}

const goneIn = ({ present }: Structure): number[] =>
  present.flatMap((parts, width) => (parts.length === 0 ? [width] : []))

const placeText = (decision: FormDecision): string =>
  decision.kind === 'block' ? `block "${decision.block}"` : `convolution "${decision.node}"`

const noResidual = ({ name }: Block): Declined =>
  declined('no-residual', `block "${name}"`, 'none: nothing else has the channels that come out of it')

import { constantOf } from '../ir/constant.js'
import { isStatic } from '../ir/dim.js'
import type { Node, Value } from '../ir/graph.js'
import { contextOf } from '../ir/infer.js'
import type { Tensor } from '../ir/tensor.js'
import { dimsOf } from '../ir/type.js'
import { beforeConversions, isFormatConversion } from './format-conversion.js'
import type { Fusion } from './target.js'

/** What a target knows of its kernels' operands before anything runs. */
export class Operands {
  readonly #fusion: Fusion
  /** Values that are constants before anything runs. */
  readonly #folded = new Set<Value>()

  constructor(fusion: Fusion) {
    this.#fusion = fusion
  }

  /** Whether a node only changes the number format of its data, which they do on the way into and out of a unit. */
  isFreeConversion(node: Node): boolean {
    return this.#convertsForFree && isFormatConversion(node)
  }

  get #convertsForFree(): boolean {
    return this.#fusion.freeAfterArray.includes('format-conversion')
  }

  /** What a kernel reads where a node reads `value`. */
  source(value: Value): Value {
    return this.#convertsForFree ? beforeConversions(value) : value
  }

  /** Whether the target's runtime computes the node before anything runs. Asked in order, so that what it takes has been asked. */
  folds(node: Node): boolean {
    if (this.#fusion.foldsConstants !== true || node.hasSubgraphs) return false
    const traits = contextOf(node)?.resolved.op.traits ?? []
    const isSize = (node.is('Shape') || node.is('Size')) && dimsOf(node.inputs[0]?.type)?.every(isStatic) === true
    const isFolded =
      isSize || (!traits.includes('random') && node.inputs.every((input) => input === undefined || this.isKnown(input)))
    if (isFolded) for (const output of node.outputs) if (output !== undefined) this.#folded.add(output)
    return isFolded
  }

  isKnown(value: Value): boolean {
    return this.tensorOf(value) !== undefined || this.#folded.has(value)
  }

  /** Before version 4 of the format every initializer had to be an input, and a runtime that folds takes it for a constant. */
  tensorOf(value: Value | undefined): Tensor | undefined {
    const isOld = this.#fusion.foldsConstants === true && (value?.graph.model.irVersion ?? 4) < 4
    return constantOf(value) ?? (isOld ? value?.tensor : undefined)
  }
}

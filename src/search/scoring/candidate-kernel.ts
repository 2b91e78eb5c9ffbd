import type { TableKernel } from '../../estimator/cost-table.js'
import type { SizedKernel, Structure } from './structure.js'
import type { Variation } from './timeline.js'

/** The option of a choice. */
export type OptionOf = (choice: number) => number

/** A kernel that some candidates have. */
export interface CandidateKernel extends SizedKernel {
  readonly structure: Structure
  /** Block choices that decide whether it is there. */
  readonly blocks: readonly number[]
  readonly isThere: (optionOf: OptionOf) => boolean
}

/** Kernels of the base, gone under the options that remove them, and those that options bring. */
export function candidateKernels(base: Structure, variations: readonly Variation[]): CandidateKernel[] {
  const kept = base.kernels.map((sized, i): CandidateKernel => {
    const removing = variations.filter(({ match }) => match.removed.has(i))
    return {
      ...sized,
      structure: base,
      blocks: [...new Set(removing.map(({ choice }) => choice))],
      isThere: (optionOf) => !removing.some(({ choice, option }) => optionOf(choice) === option),
    }
  })
  const added = variations.flatMap(({ choice, option, structure, match }) =>
    match.added.map(
      (i): CandidateKernel => ({
        ...structure.kernels[i]!,
        structure,
        blocks: [choice],
        isThere: (optionOf) => optionOf(choice) === option,
      }),
    ),
  )
  return [...kept, ...added]
}

/** A kernel as a cost table wants it, where its cost depends on nothing but its numbers. */
export function tableKernel({ kernel, sizing, structure, blocks, isThere }: CandidateKernel): TableKernel {
  return dependingOn([...blocks, ...sizing], kernel.name, kernel.repeats, (optionOf) =>
    isThere(optionOf) ? structure.variant(kernel, sizing, sizing.map(optionOf)) : undefined,
  )
}

/** A table's kernel as a function of choices by index. */
export function dependingOn(
  choices: readonly number[],
  name: string,
  repeats: number,
  variant: (optionOf: OptionOf) => ReturnType<TableKernel['variant']>,
): TableKernel {
  const unique = [...new Set(choices)].sort((a, b) => a - b)
  const place = new Map(unique.map((choice, i) => [choice, i]))
  return {
    name,
    choices: unique,
    repeats,
    variant: (options) => variant((choice) => options[place.get(choice)!]!),
  }
}

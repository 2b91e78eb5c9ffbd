import { divergence, signalToNoise } from '../accuracy/metrics/agreement.js'
import type { Accumulator } from '../accuracy/metrics/metric.js'
import type { Model } from '../ir/graph.js'
import type { Correspondence } from '../passes/architecture/correspondence.js'
import type { StudentWalk } from './student-walk.js'
import type { TeacherRows } from './teacher-rows.js'

/** Whether the student's outputs are the original's, element by element. */
export const areComparable = (student: Model, correspondence: Correspondence): boolean =>
  student.graph.outputs.every((output) => {
    const counterpart = correspondence.of(output)
    return counterpart !== undefined && counterpart.positions.size === 0
  })

/**
 * How far the student's outputs are from the original's, for some samples: KL divergence where outputs are scores of classes,
 * else energy of the differences over that of the original's outputs.
 */
export async function outputDistance(
  walk: StudentWalk,
  teacher: TeacherRows,
  samples: readonly number[],
): Promise<number> {
  let kind: { readonly accumulator: Accumulator; readonly isNoise: boolean } | undefined
  for await (const { sample, values: outputs } of walk.outputs(samples)) {
    const reference = await teacher.outputsOf(sample)
    if (kind === undefined) {
      const isNoise = divergence.appliesTo?.(reference) !== true
      kind = { accumulator: (isNoise ? signalToNoise : divergence).start(), isNoise }
    }
    kind.accumulator.add({ sample, outputs, reference, labels: undefined })
  }
  const figure = kind!.accumulator.scored().figure(new Uint8Array(samples.length).fill(1))
  return kind!.isNoise ? 10 ** (-figure / 10) : figure
}

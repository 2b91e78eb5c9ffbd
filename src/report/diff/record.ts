import type { Diff } from './diff-sides.js'
import type { ZooDiff } from './diff-zoos.js'
import type { AlignedKernels } from './kernel-alignment.js'

/** The comparison as plain data, version 1: figure keys with values before and after, kernels by name, and what was asserted. */
export const diffRecord = ({ rows, kernels, decisions, ...rest }: Diff) => ({
  diffVersion: 1 as const,
  ...rest,
  figures: Object.fromEntries(rows.map(({ figure, before, after }) => [figure.key, { before, after }])),
  kernels: kernels.map(alignedRecord),
  decisions: {
    before: decisions.before.map(({ decision }) => decision),
    after: decisions.after.map(({ decision }) => decision),
  },
})

const alignedRecord = ({ before, after, latencyMs }: AlignedKernels) => ({
  before: before.map(({ name }) => name),
  after: after.map(({ name }) => name),
  latencyMs: { before: latencyMs[0], after: latencyMs[1] },
})

/** The same of two zoos: figures of each model's result on either side. */
export const zooDiffRecord = ({ models, newlyFailed, ...rest }: ZooDiff) => ({
  zooDiffVersion: 1 as const,
  ...rest,
  newlyFailed: newlyFailed.map(({ name, kind, error }) => ({ name, kind, error })),
  models: models.map(({ name, before, after }) => ({
    name,
    figures: Object.fromEntries(
      Object.entries(after.figures).flatMap(([key, { after: value }]) => {
        const earlier = before.figures[key]?.after
        return earlier === undefined ? [] : [[key, { before: earlier, after: value }]]
      }),
    ),
  })),
})

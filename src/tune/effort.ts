/** How much work a fit takes for how good weights. */
export interface TuneEffort {
  /** Part of what cached results depend on. */
  readonly name: string
  /** Rows of a value that are kept, over all samples: more make no fit better that has a few thousand unknowns a column. */
  readonly rows: number
  /** Of a layer and the one behind its activation together; each is two passes over the rows. */
  readonly pairSteps: number
  /** Steps at the end, with the rows that were held out. */
  readonly lastPairSteps: number
  /** Whether layers that were not rewritten are refitted too. */
  readonly isDownstream: boolean
  /** Whether many fits are expected to share what the original computes. */
  readonly isShared: boolean
}

/** `full`: weights that are written. `brief`: to choose among many rewritten models. */
export const efforts = {
  full: { name: 'full', rows: 120_000, pairSteps: 60, lastPairSteps: 12, isDownstream: true, isShared: false },
  brief: { name: 'brief', rows: 8_000, pairSteps: 8, lastPairSteps: 2, isDownstream: false, isShared: true },
} as const satisfies Record<string, TuneEffort>

/** A decision in a few words. */
export const decisionText = ({ kind, block, node, alternative, group, size }) =>
  kind === 'width' ? `${group}: ${size}` : `${alternative} ${block ?? node}`

export const rounded = (value, digits = 4) => Number(value.toFixed(digits))

/** What was judged of a result, for a file of results. */
export const judgedEntry = ({ metric, samples, before, after, drop, dropInterval, gate }) => ({
  metric,
  samples,
  before: rounded(before),
  after: rounded(after),
  drop: rounded(drop),
  dropInterval: dropInterval.map((bound) => rounded(bound)),
  gate: gate.verdict,
})

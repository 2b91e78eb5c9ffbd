/** A decision in a few words. */
export const decisionText = ({ kind, block, node, alternative, group, size }) =>
  kind === 'width' ? `${group}: ${size}` : `${alternative} ${block ?? node}`

export const rounded = (value, digits = 4) => Number(value.toFixed(digits))

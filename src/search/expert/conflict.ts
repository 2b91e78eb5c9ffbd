/**
 * Of items that cannot all hold some that cannot either, though any of them could be left out: a deletion filter. `canHold` of a
 * part of them must be true where it is true of more. Source: Chinneck & Dravnieks, ORSA J. Computing 3, 1991.
 */
export function minimalConflict<Item>(
  items: readonly Item[],
  canHold: (items: readonly Item[]) => boolean,
): readonly Item[] {
  let conflict = items
  for (const item of items) {
    const without = conflict.filter((other) => other !== item)
    if (!canHold(without)) conflict = without
  }
  return conflict
}

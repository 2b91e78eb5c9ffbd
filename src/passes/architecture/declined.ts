/** A decision that a model does not allow. A result, not an exception: it is reported with what could be done about it. */
export interface Declined {
  readonly declined: true
  /** Stable, kebab-case: `pinned-group`, `unknown-group`. */
  readonly reason: string
  /** The group, block, node or value that is in the way. */
  readonly place: string
  readonly remedy: string
}

export const declined = (reason: string, place: string, remedy: string): Declined => ({
  declined: true,
  reason,
  place,
  remedy,
})

export const isDeclined = (result: object): result is Declined => (result as Partial<Declined>).declined === true

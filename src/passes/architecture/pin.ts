import type { Node } from '../../ir/graph.js'

/** Why something of an architecture has to stay as it is. */
export interface Pin {
  /** Stable, kebab-case: `graph-output`, `unknown-operator`. */
  readonly reason: string
  /** The node that wants it so. */
  readonly node?: Node
  /** What the user could do about it. */
  readonly remedy: string
}

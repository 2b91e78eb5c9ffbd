import type { Value } from '../../ir/graph.js'

/** What a value of the rewritten graph stands for in the original: the same tensor, or some positions of its axes. */
export interface Counterpart {
  /** Name of the value in the original. */
  readonly original: string
  /**
   * By axis, the positions of the original that are left, in order; axes that are whole are absent. A position that occurs
   * twice was split in two; -1 is a position without a counterpart (padding).
   */
  readonly positions: ReadonlyMap<number, Int32Array>
}

/**
 * Follows the values of a graph that is being rewritten back to the original: what weights are fitted to, and what a masked
 * original is compared with. A value nobody spoke of stands for the value of its own name. Every rewrite tells what it
 * does: `replace` where a new value takes over the role of an old one, `select` where an axis is cut or widened, `forget`
 * where a value lost its meaning (other spatial sizes, dropped activations).
 */
export class Correspondence {
  readonly #counterparts = new Map<Value, Counterpart | undefined>()
  /** Of values that took over a role, the name of the one that had it first. */
  readonly #roles = new Map<Value, string>()

  /** undefined: it stands for nothing in the original. */
  of(value: Value): Counterpart | undefined {
    if (this.#counterparts.has(value)) return this.#counterparts.get(value)
    return { original: value.name, positions: new Map() }
  }

  /** Name of the value of the original in whose place it is, whatever it is worth there: where it is found again. */
  roleOf(value: Value): string {
    return this.#roles.get(value) ?? value.name
  }

  /** `replacement` is to be what `old` was; `old` still tells what that is when it has given its name away. */
  replace(old: Value, replacement: Value): void {
    const counterpart = this.of(old)
    const role = this.roleOf(old)
    this.#roles.set(old, role)
    this.#roles.set(replacement, role)
    this.#counterparts.set(old, counterpart)
    this.#counterparts.set(replacement, counterpart)
  }

  /** Position i of `axis` is what position `positions[i]` was; -1: new. */
  select(value: Value, axis: number, positions: Int32Array): void {
    const before = this.of(value)
    if (before === undefined) return
    const earlier = before.positions.get(axis)
    const composed = earlier === undefined ? positions : positions.map((at) => (at < 0 ? -1 : earlier[at]!))
    this.#counterparts.set(value, { ...before, positions: new Map([...before.positions, [axis, composed]]) })
  }

  forget(value: Value): void {
    this.#counterparts.set(value, undefined)
  }
}

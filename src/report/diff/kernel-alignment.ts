import type { KernelMetrics } from '../../estimator/metrics.js'

/** Kernels that do the same work before and after: one became one, several became one, one became several. */
export interface AlignedKernels {
  /** Empty: new. */
  readonly before: readonly KernelMetrics[]
  /** Empty: gone. */
  readonly after: readonly KernelMetrics[]
}

/**
 * Which kernels became which: those that do work of the same nodes of the original belong together. In the order of the
 * kernels after, then those that are gone. `counterparts`: original names of the first side by those of the second, where the
 * two sides do not come from one original.
 */
export function alignKernels(
  before: readonly KernelMetrics[],
  after: readonly KernelMetrics[],
  counterparts?: ReadonlyMap<string, string>,
): AlignedKernels[] {
  const groups = new Groups()
  // What has no origins is told by its name.
  const keysOf = ({ origins, name }: KernelMetrics) => (origins.length > 0 ? origins : [`kernel ${name}`])
  const translated = (name: string) => (counterparts === undefined ? name : (counterparts.get(name) ?? `new ${name}`))
  const old = before.map((kernel) => groups.join(keysOf(kernel)))
  const young = after.map((kernel) => {
    const keys = keysOf(kernel)
    return groups.join(kernel.origins.length > 0 ? keys.map(translated) : keys)
  })
  const aligned = new Map<number, { before: KernelMetrics[]; after: KernelMetrics[] }>()
  const groupOf = (key: number) => {
    const root = groups.rootOf(key)
    let group = aligned.get(root)
    if (group === undefined) aligned.set(root, (group = { before: [], after: [] }))
    return group
  }
  for (const [i, kernel] of after.entries()) groupOf(young[i]!).after.push(kernel)
  for (const [i, kernel] of before.entries()) groupOf(old[i]!).before.push(kernel)
  return [...aligned.values()]
}

export const timeOf = (kernels: readonly KernelMetrics[]): number =>
  kernels.reduce((sum, { latencyMs }) => sum + latencyMs, 0)

/** Disjoint sets of names. Source: union-find with path halving. */
class Groups {
  readonly #ids = new Map<string, number>()
  readonly #parents: number[] = []

  /** Puts names into one set; gives a member of it. */
  join(names: readonly string[]): number {
    const [first, ...others] = names.map((name) => this.#idOf(name))
    for (const other of others) this.#parents[this.rootOf(other)] = this.rootOf(first!)
    return first!
  }

  rootOf(id: number): number {
    let at = id
    while (this.#parents[at] !== at) at = this.#parents[at] = this.#parents[this.#parents[at]!]!
    return at
  }

  #idOf(name: string): number {
    let id = this.#ids.get(name)
    if (id === undefined) {
      id = this.#parents.length
      this.#ids.set(name, id)
      this.#parents.push(id)
    }
    return id
  }
}

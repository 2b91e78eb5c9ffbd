import type { Structure } from './structure.js'

/** Which kernels of a structure are those of another one. */
export interface KernelMatch {
  /** By kernel of the structure, the same one of the base. */
  readonly same: ReadonlyMap<number, number>
  /** Kernels of the structure that the base does not have. */
  readonly added: readonly number[]
  /** Kernels of the base that the structure does not have. */
  readonly removed: ReadonlySet<number>
}

/** Kernels that are alike are taken in order. */
export function matchKernels(base: Structure, structure: Structure): KernelMatch {
  const open = new Map<string, number[]>()
  base.kernels.forEach(({ key }, i) => {
    const list = open.get(key)
    if (list === undefined) open.set(key, [i])
    else list.push(i)
  })
  const same = new Map<number, number>()
  const added: number[] = []
  structure.kernels.forEach(({ key }, i) => {
    const found = open.get(key)?.shift()
    if (found === undefined) added.push(i)
    else same.set(i, found)
  })
  return { same, added, removed: new Set([...open.values()].flat()) }
}

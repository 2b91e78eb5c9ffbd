import type { Node, Value } from '../ir/graph.js'

/**
 * What a runtime's optimizer makes one kernel of, as data. Rules apply in order from an anchor along its only consumer:
 * a rule once passed does not come back.
 */
export interface FusionRule {
  readonly name: string
  /** Operators that begin the kernel. */
  readonly anchor: readonly string[]
  /** Operators that may follow, the only consumer of what is there so far. */
  readonly then: readonly string[]
  /** What the follower's other operands must be: constants, anything, or the value that the anchor itself takes. */
  readonly others: 'constant' | 'any' | 'anchor-input'
  /** Whether several such followers are taken in a row. */
  readonly repeated?: boolean
  /** What the kernel is called then, if not like its anchor. */
  readonly as?: string
}

/** Layout in blocks of channels, and what it costs to enter and to leave it. */
export interface BlockedLayout {
  readonly block: number
  readonly enter: string
  readonly leave: string
  /** Kernels that begin a blocked stretch: their names before, and in the layout. */
  readonly anchors: Readonly<Record<string, string>>
  /** Channels must be a multiple of this; fewer input channels than a block are read as they lie. */
  readonly channelMultiple: number
  /** Kernels that run on blocked data where all their data are blocked, and what they are called there. */
  readonly follows: Readonly<Record<string, string>>
}

/** A kernel's nodes after fusion, and its name where that is not the anchor's. */
export interface Fused {
  readonly nodes: Node[]
  readonly op: string | undefined
}

/**
 * Follows the rules from `anchor`. `isKnown`: constant, or folded to a constant before anything runs. `isTaken`: part of another
 * kernel, since two may end at the same addition.
 */
export function fuse(
  anchor: Node,
  rules: readonly FusionRule[],
  isKnown: (value: Value) => boolean,
  isTaken: (node: Node) => boolean,
): Fused {
  const nodes = [anchor]
  let op: string | undefined
  let from = 0
  for (let at = anchor; ; ) {
    const next = soleConsumer(at)
    if (next === undefined || next.graph !== anchor.graph || next.domain !== '' || isTaken(next)) break
    const index = rules.findIndex(
      (rule, i) =>
        i >= from &&
        rule.anchor.includes(anchor.opType) &&
        anchor.domain === '' &&
        fits(rule, at, next, anchor, isKnown),
    )
    if (index < 0) break
    const rule = rules[index]!
    nodes.push(next)
    op = rule.as ?? op
    from = rule.repeated ? index : index + 1
    at = next
  }
  return { nodes, op }
}

function soleConsumer(node: Node): Node | undefined {
  return node.outputs.slice(1).some((output) => output?.isUsed) ? undefined : node.outputs[0]?.soleUser
}

function fits(rule: FusionRule, at: Node, next: Node, anchor: Node, isKnown: (value: Value) => boolean): boolean {
  if (!rule.then.includes(next.opType)) return false
  const others = next.inputs.filter((input) => input !== undefined && input !== at.outputs[0]) as Value[]
  if (rule.others === 'constant') return others.every(isKnown)
  if (rule.others === 'anchor-input') return others.length === 1 && others[0] === anchor.inputs[0]
  return others.every((other) => !isKnown(other))
}

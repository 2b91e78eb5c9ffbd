import type { Model, Node } from '../ir/graph.js'
import { inferNode, inferTypes } from '../ir/infer.js'
import { resolveOp } from '../ir/ops/index.js'
import { Patch } from '../ir/patch.js'
import { typesEqual } from '../ir/type.js'
import {
  isSkip,
  isSweep,
  type LocalPass,
  type Pass,
  type PassContext,
  type PassKind,
  type Skip,
  type SweepPass,
} from './define.js'

export interface PassResult {
  readonly name: string
  readonly kind: PassKind
  readonly fired: number
  readonly skipped: readonly {
    readonly reason: string
    readonly count: number
    readonly example: string
    readonly remedy: string
  }[]
}

/** One change, in the order they happened: what bisection counts through. */
export interface Firing {
  readonly pass: string
  readonly kind: PassKind
  readonly place: string
}

export interface DriverResult {
  readonly passes: readonly PassResult[]
  readonly firings: readonly Firing[]
}

export interface DriverOptions {
  /** Stop after this many changes: the same start gives the same first changes. */
  readonly maxFirings?: number
  /** Called after every change, e.g. with the graph verifier. */
  readonly afterEach?: (firing: Firing) => void
  readonly signal?: AbortSignal
}

/** A rewrite system that does not come to rest is a bug of ours: no model needs more changes per node than this. */
const firingsPerNode = 200
/** Rounds of sweeps and local passes until a fixpoint. */
const roundLimit = 50

/**
 * Runs passes to a fixpoint: local ones on a work list of touched neighbourhoods, in the order given, and sweeps whenever
 * those have come to rest. Types are inferred before, kept up to date on the way, and anew after a sweep that changed something.
 */
export async function runPasses(
  model: Model,
  passes: readonly Pass[],
  context: PassContext,
  options: DriverOptions = {},
): Promise<DriverResult> {
  const driver = new Driver(model, passes, context, options)
  await driver.run()
  return driver.result()
}

class Driver {
  readonly #model: Model
  readonly #locals: readonly LocalPass[]
  readonly #sweeps: readonly SweepPass[]
  readonly #passes: readonly Pass[]
  readonly #context: PassContext
  readonly #options: DriverOptions
  readonly #patch: Patch
  readonly #byRoot = new Map<string, LocalPass[]>()
  readonly #firings: Firing[] = []
  readonly #skips = new Map<string, Map<string, { count: number; example: string; remedy: string }>>()
  readonly #maxFirings: number
  readonly #bugLimit: number

  constructor(model: Model, passes: readonly Pass[], context: PassContext, options: DriverOptions) {
    this.#model = model
    this.#passes = passes
    this.#locals = passes.filter((pass): pass is LocalPass => !isSweep(pass))
    this.#sweeps = passes.filter(isSweep)
    this.#context = context
    this.#options = options
    this.#patch = new Patch(model)
    this.#maxFirings = options.maxFirings ?? Number.POSITIVE_INFINITY
    this.#bugLimit = firingsPerNode * (model.nodeCount + 50)
  }

  async run(): Promise<void> {
    inferTypes(this.#model)
    let worklist = this.#everyNode()
    for (let round = 0; round < roundLimit; round++) {
      this.#settle(worklist)
      const before = this.#firings.length
      for (const pass of this.#sweeps) {
        this.#options.signal?.throwIfAborted()
        if (this.#isExhausted) break
        const atStart = this.#firings.length
        await this.#sweep(pass)
        if (this.#firings.length > atStart) inferTypes(this.#model)
      }
      if (this.#firings.length === before || this.#isExhausted) break
      worklist = this.#everyNode()
    }
    if (!this.#isExhausted) this.#collectSkips()
  }

  result(): DriverResult {
    const passes = this.#passes.map((pass) => ({
      name: pass.id,
      kind: pass.kind,
      fired: this.#firings.filter((firing) => firing.pass === pass.id).length,
      skipped: [...(this.#skips.get(pass.id) ?? [])].map(([reason, rest]) => ({ reason, ...rest })),
    }))
    return { passes, firings: this.#firings }
  }

  get #isExhausted(): boolean {
    return this.#firings.length >= this.#maxFirings
  }

  #everyNode(): Set<Node> {
    return new Set(this.#model.allNodes())
  }

  #passesFor(node: Node): readonly LocalPass[] {
    const key = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`
    let passes = this.#byRoot.get(key)
    if (passes === undefined) {
      const isStandard = node.domain === ''
      passes = this.#locals.filter(({ roots }) => roots === undefined || (isStandard && roots.includes(node.opType)))
      this.#byRoot.set(key, passes)
    }
    return passes
  }

  /** Local passes until the work list is empty. */
  #settle(worklist: Set<Node>): void {
    for (const node of worklist) {
      worklist.delete(node)
      if (!node.isLive) continue
      this.#refresh(node, worklist)
      for (const pass of this.#passesFor(node)) {
        if (this.#isExhausted) return
        const match = pass.match(node, this.#context)
        if (match === null || isSkip(match)) continue
        const place = node.label
        match(this.#patch)
        this.#finishChange({ pass: pass.id, kind: pass.kind, place }, worklist)
        if (node.isLive) worklist.add(node)
        break
      }
    }
  }

  /** Infers a touched node anew; consumers follow when its types changed. */
  #refresh(node: Node, worklist: Set<Node>): void {
    const before = node.outputs.map((output) => [output?.type, output?.content] as const)
    inferNode(node)
    node.outputs.forEach((output, i) => {
      if (output === undefined) return
      const [type, content] = before[i]!
      const isSame = typesEqual(type, output.type) && String(content) === String(output.content)
      if (!isSame) for (const user of output.users.keys()) worklist.add(user)
    })
  }

  #finishChange(firing: Firing, worklist: Set<Node> | undefined): void {
    this.#firings.push(firing)
    this.#patch.collectGarbage(isOpaque)
    if (worklist !== undefined) for (const node of this.#patch.touched) if (node.isLive) worklist.add(node)
    this.#patch.touched.clear()
    this.#options.afterEach?.(firing)
    if (this.#firings.length > this.#bugLimit) {
      const last = this.#firings.slice(-6).map(({ pass, place }) => `${pass} at ${place}`)
      throw new Error(`passes do not come to rest: ${last.join(', ')}`)
    }
  }

  async #sweep(pass: SweepPass): Promise<void> {
    // Only what is declined in the end counts, not what every round declines again.
    this.#skips.delete(pass.id)
    await pass.sweep(this.#context, this.#patch, {
      fire: (place) => {
        // The change before this one is complete now.
        this.#patch.collectGarbage(isOpaque)
        if (this.#isExhausted) return false
        this.#firings.push({ pass: pass.id, kind: pass.kind, place })
        return true
      },
      skip: (reason) => this.#note(pass, reason),
    })
    this.#patch.collectGarbage(isOpaque)
    this.#patch.touched.clear()
    const last = this.#firings.at(-1)
    if (last !== undefined) this.#options.afterEach?.(last)
  }

  /** What passes decline in the final graph. Nothing changes here. */
  #collectSkips(): void {
    for (const node of this.#model.allNodes()) {
      for (const pass of this.#passesFor(node)) {
        const match = pass.match(node, this.#context)
        if (match !== null && isSkip(match)) this.#note(pass, match)
      }
    }
  }

  #note(pass: Pass, { reason, node, remedy }: Skip): void {
    let ofPass = this.#skips.get(pass.id)
    if (ofPass === undefined) this.#skips.set(pass.id, (ofPass = new Map()))
    const entry = ofPass.get(reason)
    if (entry === undefined) ofPass.set(reason, { count: 1, example: node.label, remedy })
    else entry.count += 1
  }
}

/** A node nobody declared may do what nobody knows: it stays even when its outputs are not used. */
const isOpaque = (node: Node): boolean =>
  resolveOp(node) === undefined && node.graph.model.functionOf(node) === undefined

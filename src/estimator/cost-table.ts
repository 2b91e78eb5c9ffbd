import type { Placement } from '../hw/cycles/index.js'
import type { KernelShape } from '../hw/shape.js'
import { type Candidate, type Choices, MemoTable } from './memo-table.js'

export interface TableKernel extends Choices {
  readonly name: string
  /**
   * The kernel under the options of `choices`, in their order; undefined: the alternative has no such kernel. Must
   * depend on nothing else: it is asked once for every combination that occurs.
   */
  readonly variant: (options: readonly number[]) => KernelVariant | undefined
  /** How often it runs; 1 where it is left out. */
  readonly repeats?: number
}

export interface KernelVariant {
  readonly shape: KernelShape
  /** Which of its activations are in DRAM; left out: the sizes of its input and output decide. */
  readonly placement?: Placement
}

export interface TableActivation extends Choices {
  /**
   * Bytes under the options of `choices`; 0: the alternative does not have it. A value that lives longer in one alternative
   * than in another is two activations, of which one has 0 bytes.
   */
  readonly bytes: (options: readonly number[]) => number
}

/** What a cost table is told: which choices touch which kernels and activations, and what a kernel costs. */
export interface CostTableSpec {
  /** How many options each choice has. */
  readonly optionCounts: readonly number[]
  readonly kernels: readonly TableKernel[]
  /** In the order that `peakBytes` wants their sizes in. */
  readonly activations: readonly TableActivation[]
  /** Largest sum of live bytes for given sizes of the activations: `peakOf` of a planned schedule. */
  readonly peakBytes: (sizes: Float64Array) => number
  /** Milliseconds that every candidate takes, such as the call of a runtime; 0 by default. */
  readonly callMs?: number
  /** Cost of one run of a kernel; see `kernelCoster`. */
  readonly cost: (variant: KernelVariant) => KernelFigures
}

export interface KernelFigures {
  readonly latencyMs: number
  readonly energyMj: number
}

/** What a candidate costs. The same object is written by every call. */
export interface Score {
  latencyMs: number
  energyMj: number
  peakBytes: number
  weightBytes: number
}

/** Values a kernel's entry holds: latency, energy, bytes of weights. */
const kernelWidth = 3

/**
 * Scores candidates by look-ups: each (kernel, options) is predicted once, when it is first asked for, and a candidate is a
 * sum over kernels and a sweep over sizes. No graph is built, nothing is allocated after the first time.
 * `score` and `update` throw RangeError for options that do not exist.
 */
export class CostTable {
  readonly #spec: CostTableSpec
  readonly #kernels: MemoTable
  readonly #activations: MemoTable
  readonly #sizes: Float64Array
  readonly #score: Score = { latencyMs: 0, energyMj: 0, peakBytes: 0, weightBytes: 0 }
  /** The candidate that `update` works on, and where its kernels' entries are. */
  readonly #current: Uint16Array
  readonly #currentValues: Float64Array
  readonly #currentSizes: Float64Array
  readonly #kernelsOf: readonly Int32Array[]
  readonly #activationsOf: readonly Int32Array[]

  /** Throws RangeError for choices that do not exist, and for more options than a candidate can hold. */
  constructor(spec: CostTableSpec) {
    this.#spec = spec
    const { optionCounts, kernels, activations } = spec
    optionCounts.forEach((count, choice) => {
      if (!Number.isInteger(count) || count < 1 || count > 65_536)
        throw new RangeError(`choice ${choice} has ${count} options; from 1 to 65536 are possible`)
    })
    this.#kernels = new MemoTable(optionCounts, kernels, kernelWidth, (kernel, options, into, at) => {
      const { variant, repeats = 1 } = kernels[kernel]!
      const found = variant(options)
      const figures = found === undefined ? nothing : spec.cost(found)
      into[at] = figures.latencyMs * repeats
      into[at + 1] = figures.energyMj * repeats
      into[at + 2] = found?.shape.weightBytes ?? 0
    })
    this.#activations = new MemoTable(optionCounts, activations, 1, (activation, options, into, at) => {
      into[at] = activations[activation]!.bytes(options)
    })
    this.#sizes = new Float64Array(activations.length)
    this.#current = new Uint16Array(optionCounts.length)
    this.#currentValues = new Float64Array(kernels.length * kernelWidth)
    this.#currentSizes = new Float64Array(activations.length)
    this.#kernelsOf = touchedBy(optionCounts.length, kernels)
    this.#activationsOf = touchedBy(optionCounts.length, activations)
  }

  /** What it is made of, for those that need more than scores. */
  get spec(): CostTableSpec {
    return this.#spec
  }

  /** How many (kernel, options) have been predicted so far. */
  get predicted(): number {
    return this.#kernels.filled
  }

  /** Kernels that a choice touches. */
  kernelsOf(choice: number): Int32Array {
    return this.#kernelsOf[choice]!
  }

  /** Cost of a candidate. The result is overwritten by the next call. */
  score(candidate: Candidate): Score {
    this.#check(candidate)
    const score = this.#score
    let latencyMs = this.#spec.callMs ?? 0
    let energyMj = 0
    let weightBytes = 0
    const table = this.#kernels
    for (let kernel = 0; kernel < table.length; kernel++) {
      const at = table.find(kernel, candidate)
      const { values } = table
      latencyMs += values[at]!
      energyMj += values[at + 1]!
      weightBytes += values[at + 2]!
    }
    score.latencyMs = latencyMs
    score.energyMj = energyMj
    score.weightBytes = weightBytes
    score.peakBytes = this.#peak(candidate)
    return score
  }

  /** Makes a candidate the one that `update` changes, and scores it. */
  start(candidate: Candidate): Score {
    this.#check(candidate)
    this.#current.set(candidate)
    for (let kernel = 0; kernel < this.#kernels.length; kernel++) this.#load(kernel)
    for (let activation = 0; activation < this.#activations.length; activation++) this.#loadSize(activation)
    return this.#sum()
  }

  /** Gives one choice of the current candidate another option; only what it touches is looked up again. */
  update(choice: number, option: number): Score {
    if (!(option < this.#spec.optionCounts[choice]!)) throw this.#noOption(choice, option)
    this.#current[choice] = option
    for (const kernel of this.#kernelsOf[choice]!) this.#load(kernel)
    for (const activation of this.#activationsOf[choice]!) this.#loadSize(activation)
    return this.#sum()
  }

  /** An option that does not exist would be read as another combination's entry. */
  #check(candidate: Candidate): void {
    const { optionCounts } = this.#spec
    if (candidate.length !== optionCounts.length)
      throw new RangeError(`a candidate of ${candidate.length} choices, expected ${optionCounts.length}`)
    for (let choice = 0; choice < optionCounts.length; choice++)
      if (candidate[choice]! >= optionCounts[choice]!) throw this.#noOption(choice, candidate[choice]!)
  }

  #noOption(choice: number, option: number): RangeError {
    return new RangeError(
      `option ${option} of choice ${choice}, which has ${this.#spec.optionCounts[choice] ?? 'none'}`,
    )
  }

  #load(kernel: number): void {
    const at = this.#kernels.find(kernel, this.#current)
    const { values } = this.#kernels
    for (let i = 0; i < kernelWidth; i++) this.#currentValues[kernel * kernelWidth + i] = values[at + i]!
  }

  #loadSize(activation: number): void {
    const at = this.#activations.find(activation, this.#current)
    this.#currentSizes[activation] = this.#activations.values[at]!
  }

  /** In the order of `score`, so that both give the same bits. */
  #sum(): Score {
    const values = this.#currentValues
    const score = this.#score
    score.latencyMs = this.#spec.callMs ?? 0
    score.energyMj = 0
    score.weightBytes = 0
    for (let at = 0; at < values.length; at += kernelWidth) {
      score.latencyMs += values[at]!
      score.energyMj += values[at + 1]!
      score.weightBytes += values[at + 2]!
    }
    score.peakBytes = this.#spec.peakBytes(this.#currentSizes)
    return score
  }

  #peak(candidate: Candidate): number {
    const table = this.#activations
    for (let activation = 0; activation < table.length; activation++) {
      const at = table.find(activation, candidate)
      this.#sizes[activation] = table.values[at]!
    }
    return this.#spec.peakBytes(this.#sizes)
  }
}

const nothing: KernelFigures = { latencyMs: 0, energyMj: 0 }

function touchedBy(choiceCount: number, items: readonly Choices[]): Int32Array[] {
  const lists: number[][] = Array.from({ length: choiceCount }, () => [])
  items.forEach(({ choices }, item) => {
    for (const choice of choices) lists[choice]!.push(item)
  })
  return lists.map((list) => Int32Array.from(list))
}

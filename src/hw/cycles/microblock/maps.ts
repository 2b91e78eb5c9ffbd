import type { KernelShape } from '../../shape.js'
import type { MicroblockTarget } from '../../target.js'
import { lower } from './lowering.js'
import { type Operand, type Operation, roundUp, storedElements } from './operation.js'
import type { OperandPlaces, Place } from './placement.js'
import { type Home, mapHome } from './port.js'

/** Where a map that a kernel reads comes from: the step that made it, the network's input, or a kernel not listed. */
export type Source = number | 'network' | 'elsewhere'

/** A kernel among others. */
export interface Step {
  readonly shape: KernelShape
  readonly reads: readonly Source[]
  /** The network hands its output out. */
  readonly isOutput: boolean
  /** What the lossless coder makes of a weight; undefined if the values are not known. */
  readonly bitsPerWeight?: number | undefined
}

/** Outputs of steps as maps in memory, named by the step that makes them: who reads them, how they lie, when they live. */
export class FeatureMaps {
  /** As stored. */
  readonly bytes: readonly number[]
  readonly readers: readonly (readonly number[])[]
  readonly #steps: readonly Step[]
  /** Where maps of the network's interface are. */
  readonly #outside: Home
  /** First and last step during which a map needs memory of its own. */
  readonly #spans: readonly (readonly [first: number, last: number])[]
  /** Bytes of maps alive during each step. */
  readonly #alive: Float64Array

  constructor(steps: readonly Step[], target: MicroblockTarget) {
    this.#steps = steps
    this.#outside = mapHome(target)
    const readers: number[][] = steps.map(() => [])
    steps.forEach(({ reads }, at) => {
      for (const source of new Set(reads)) if (typeof source === 'number') readers[source]!.push(at)
    })
    this.readers = readers
    const operations = steps.map(({ shape }, at) =>
      lower(
        shape,
        this.places(at, () => 'sram'),
      ),
    )
    this.bytes = operations.map(({ operations: list, repeats }, at) => {
      const last = list.at(-1)
      return last === undefined ? steps[at]!.shape.outputBytes : repeats * storedBytes(last.output)
    })
    this.#spans = steps.map(({ isOutput }, at) => [
      this.#isInPlace(at, operations[at]!.operations) ? at + 1 : at,
      isOutput ? steps.length - 1 : (readers[at]!.at(-1) ?? at),
    ])
    this.#alive = new Float64Array(steps.length)
    this.#spans.forEach(([first, last], map) => {
      for (let at = first; at <= last; at++) this.#alive[at]! += this.bytes[map]!
    })
  }

  /** The network hands it out. */
  isInterface = (map: number): boolean => this.#steps[map]!.isOutput

  /** Where a step's operands are, given where each map is. */
  places(at: number, homeOf: (map: number) => Home): OperandPlaces {
    const { reads } = this.#steps[at]!
    const made = (map: number): Place => ({
      home: this.isInterface(map) ? this.#outside : homeOf(map),
      layout: this.#isLinear(map) ? 'linear' : 'bricks',
    })
    const from = (source: Source | undefined): Place => {
      if (typeof source === 'number') return made(source)
      return source === 'network' ? { home: this.#outside, layout: 'linear' } : { home: 'sram', layout: 'bricks' }
    }
    return { input: from(reads[0]), second: from(reads[1] ?? reads[0]), output: made(at) }
  }

  /** Softmax reads rows of plain channels, and so does whoever is outside. */
  #isLinear = (map: number): boolean =>
    this.isInterface(map) || this.readers[map]!.some((at) => this.#steps[at]!.shape.op === 'Softmax')

  /** Bytes of all that a step reads. */
  readBytes(at: number): number {
    const { reads, shape } = this.#steps[at]!
    const made = [...new Set(reads)].filter((source) => typeof source === 'number')
    const stored = made.reduce((sum, map) => sum + this.bytes[map]!, 0)
    if (made.length === new Set(reads).size) return stored
    const plain = made.reduce((sum, map) => sum + this.#steps[map]!.shape.outputBytes, 0)
    return stored + Math.max(0, shape.inputBytes - plain)
  }

  /** The next step is the only reader, and this is all it reads. */
  feedsNext(at: number): boolean {
    const next = this.#steps[at + 1]
    const [reader, ...others] = this.readers[at]!
    return reader === at + 1 && others.length === 0 && next?.reads.length === 1 && !this.#isLinear(at)
  }

  /** Bytes alive while a step runs, what it reads and makes among them. */
  aliveBytes(at: number): number {
    const made = new Set(this.#steps[at]!.reads.filter((source) => typeof source === 'number'))
    const unmade = this.readBytes(at) - [...made].reduce((sum, map) => sum + this.bytes[map]!, 0)
    return this.#alive[at]! + unmade
  }

  /** Bytes that a chain of steps which begins at `first` leaves as they are: alive before, and not what it reads. */
  besideBytes(first: number): number {
    const own = new Set(this.#steps[first]!.reads)
    return this.#spans.reduce(
      (sum, [from, to], map) => sum + (from < first && to >= first && !own.has(map) ? this.bytes[map]! : 0),
      0,
    )
  }

  /** Steps during which a map is alive. */
  span = (map: number): readonly [first: number, last: number] => this.#spans[map]!

  /** An element-wise operation writes over a map of the same size that nobody else reads. */
  #isInPlace(at: number, operations: readonly Operation[]): boolean {
    if (operations.length !== 1 || operations[0]!.unit !== 'elementwise' || this.isInterface(at)) return false
    return this.#steps[at]!.reads.some(
      (map) => typeof map === 'number' && this.bytes[map] === this.bytes[at] && this.readers[map]!.length === 1,
    )
  }
}

/** Maps start on multiples of 16 bytes. */
const storedBytes = ({ extent, layout, bits }: Operand): number =>
  roundUp((storedElements(extent, layout) * bits) / 8, 16)

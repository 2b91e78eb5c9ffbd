/** A memory as the performance model of Arm's Vela 3.10 sees it; times in core cycles. */
export interface MemoryPort {
  readonly bytesPerCycle: number
  /** Transfers shorter than a burst cost a whole one. */
  readonly burstBytes: number
  readonly readLatencyCycles: number
  readonly writeLatencyCycles: number
}

/** Height x width x channels, without a batch. */
export interface Extent {
  readonly height: number
  readonly width: number
  readonly channels: number
}

/**
 * An array that computes one microblock of the output a cycle and walks over blocks that fit its internal buffer.
 * Source: the architecture table of Vela 3.10 (ethosu/vela/architecture_features.py).
 */
export interface MicroblockArray {
  /** Multipliers of all cores. */
  readonly macsPerCycle: number
  readonly cores: number
  /** Outputs a core works on at once. */
  readonly microblock: Extent
  /** Input channels multiplied and summed a cycle for each output of the microblock. */
  readonly dotProductDepth: number
  readonly largestBlock: Extent
  /** The internal buffer of a core: double-buffered inputs and accumulators, in banks. */
  readonly buffer: {
    readonly banks: number
    readonly bankBytes: number
    /** Banks for finished outputs, and those that stay free (or hold an activation table) at the end. */
    readonly outputBanks: number
    readonly endBanks: number
    /** Banks come in multiples of these: inputs by their bits, accumulators by theirs. */
    readonly granules: {
      readonly input8: number
      readonly input16: number
      readonly input32: number
      readonly accumulator32: number
      readonly accumulator40: number
    }
  }
  /** Cycles for each output element, by what makes it; the slower of operation and activation counts. */
  readonly outputCyclesPerElement: {
    readonly binary32: number
    readonly unary32: number
    readonly multiplyTo32: number
    readonly multiply: number
    readonly add: number
    readonly maxPool: number
    readonly other: number
    readonly tableActivation: number
  }
}

/** Where feature maps live: all in the SRAM that the host shares, or in external memory with the SRAM as a cache. */
export type ActivationHome = 'sram' | 'external'

export interface MicroblockTarget {
  readonly array: MicroblockArray
  readonly clockGHz: number
  readonly memory: {
    readonly sramBytes: number
    readonly activations: ActivationHome
    readonly sram: MemoryPort
    /** Flash or DRAM: constants, and what does not fit the SRAM. */
    readonly external: MemoryPort
  }
}

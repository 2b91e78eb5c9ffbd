/**
 * A chip that nobody has fitted anything to: `base` (a dot-product or systolic target) with lanes, clock, overhead and
 * memory drawn from the range of edge accelerators. `random` is a SeededRandom.
 */
export function randomTarget(random, base) {
  const logarithmic = (low, high) => low * (high / low) ** random.uniform()
  const lanes = () => random.integer(4, 128)
  const array =
    base.kind === 'dot-product-array'
      ? { inputLanes: lanes(), outputLanes: lanes(), depthwiseChannels: random.integer(4, 64) }
      : { ...base.array, rows: lanes(), columns: lanes() }
  return {
    ...base,
    name: 'drawn',
    array,
    clockGHz: logarithmic(0.1, 2),
    overhead: { cyclesPerKernel: Math.round(logarithmic(50, 20000)) },
    memory: {
      sramBytes: Math.round(logarithmic(2 ** 17, 2 ** 23)),
      residentFraction: 0.25 + 0.75 * random.uniform(),
      dramBytesPerCycle: logarithmic(2, 64),
    },
  }
}

/** What latency shows of it: lanes along input and output channels, 1 where the dataflow streams that axis. */
export function visibleLanes({ array, kind }) {
  if (kind === 'dot-product-array') return { input: array.inputLanes, output: array.outputLanes }
  return {
    input: array.dataflow === 'output-stationary' ? 1 : array.rows,
    output: array.dataflow === 'input-stationary' ? 1 : array.columns,
  }
}

/** Factors of multiplicative noise, normal in the logarithm (Box and Muller). */
export const noiseFactor = (random, deviation) => {
  const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()))
  return Math.exp(deviation * radius * Math.cos(2 * Math.PI * random.uniform()))
}

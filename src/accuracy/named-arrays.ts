import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { dimsOf } from '../ir/type.js'
import type { StoredArray } from './files/npy.js'
import { fedInputs } from './input/sample-input.js'
import type { StoredSamples } from './stored-samples.js'

/** Names that an archive's labels go by. */
const labelNames = ['labels', 'label', 'y', 'targets']

/** The arrays of an archive that feed the model, and its labels. Throws UserError `invalid-data` for arrays that feed nothing. */
export function separateLabels(
  arrays: ReadonlyMap<string, StoredArray>,
  model: Model,
  file: string,
): { readonly arrays: ReadonlyMap<string, StoredArray>; readonly labels: StoredArray | undefined } {
  const names = fedInputs(model).map(({ name }) => name)
  const labelName = labelNames.find((name) => arrays.has(name) && !names.includes(name))
  const labels = labelName === undefined ? undefined : arrays.get(labelName)
  const rest = new Map([...arrays].filter(([name]) => name !== labelName))
  const matching = [...rest].filter(([name]) => names.includes(name))
  // A single array needs no name.
  if (rest.size === 1 || (matching.length === rest.size && rest.size > 0)) return { arrays: rest, labels }
  const what = `arrays ${[...arrays.keys()].join(', ') || '(none)'} for inputs ${names.join(', ')}`
  throw new UserError('invalid-data', '', what, 'name arrays like the inputs, and labels "labels"', file)
}

/** One array for each of several inputs: a sample is as many rows of an array as its input has. */
export function inputArrays(arrays: ReadonlyMap<string, StoredArray>, model: Model, source: string): StoredSamples {
  const parts = fedInputs(model).flatMap((input) => {
    const array = arrays.get(input.name)
    if (array === undefined) return []
    const leading = dimsOf(input.type)?.[0]
    const rows = typeof leading === 'number' ? leading : 1
    // A scalar is the same for all samples.
    return [{ name: input.name, array, rows, count: array.dims.length === 0 ? undefined : array.dims[0]! / rows }]
  })
  const counts = new Map(parts.flatMap(({ name, count }) => (count === undefined ? [] : [[name, count] as const])))
  const [count = 1] = counts.values()
  if (!Number.isInteger(count) || count === 0 || [...counts.values()].some((each) => each !== count)) {
    const what = [...counts].map(([name, each]) => `${name} has ${each}`).join(', ')
    throw new UserError('invalid-data', '', `samples: ${what}`, 'give every input the same number of samples', source)
  }
  const sampleOf = async (sample: number) => {
    const tensors = new Map<string, Tensor>()
    for (const { name, array, rows, count: own } of parts)
      tensors.set(name, own === undefined ? await array.whole() : await array.rowBlock(sample * rows, rows))
    return tensors
  }
  return {
    source,
    kind: 'inputs',
    count,
    nameOf: (sample) => `[${sample}]`,
    read: (samples) => Promise.all(samples.map(sampleOf)),
  }
}

import { UserError } from '../../ir/errors.js'
import type { Model, Value } from '../../ir/graph.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { dimsOf, dtypeOf, typeText } from '../../ir/type.js'
import { castNumbers } from './cast.js'
import type { Preprocess } from './preprocess.js'

/** Inputs without a default value. */
export const fedInputs = (model: Model): readonly Value[] =>
  model.graph.inputs.filter((input) => input.tensor === undefined)

/** The input that takes the samples, and what the others get in every run. Throws UserError where it is not clear. */
export function sampleInput(
  model: Model,
  preprocess: Preprocess,
): { readonly input: Value; readonly others: ReadonlyMap<string, Tensor> } {
  const inputs = fedInputs(model)
  const { input: name, others = {} } = preprocess
  const free = inputs.filter((input) => !Object.hasOwn(others, input.name))
  const input = name === undefined ? free[0] : inputs.find((each) => each.name === name)
  const listed = inputs.map((each) => `${each.name} ${typeText(each.type)}`).join('; ')
  if (input === undefined || (name === undefined && free.length > 1)) {
    const what = name === undefined ? `${free.length} inputs could take the samples` : `no input "${name}"`
    throw new UserError(
      'invalid-data',
      '/input',
      what,
      `name one in preprocess.json ("input") and say what the others get ("others"); inputs: ${listed}`,
    )
  }
  const rest = inputs.filter((each) => each !== input)
  return { input, others: new Map(rest.map((each) => [each.name, constantInput(each, others[each.name])])) }
}

/** Zeros, a number everywhere, or the numbers of a list. Sizes that the model leaves open are 1. */
export function constantInput(input: Value, content: 'zeros' | number | readonly number[] | undefined): Tensor {
  const dtype = dtypeOf(input.type)
  const place = `/others/${input.name}`
  if (content === undefined || dtype === undefined) {
    const what = `nothing is said of input ${input.name} ${typeText(input.type)}`
    throw new UserError(
      'invalid-data',
      place,
      what,
      'write "zeros" or numbers for it under "others" of preprocess.json',
    )
  }
  const dims = (dimsOf(input.type) ?? []).map((dim) => (typeof dim === 'number' ? dim : 1))
  const size = volume(dims)
  const values = Array.isArray(content)
    ? content
    : new Array<number>(size).fill(content === 'zeros' ? 0 : Number(content))
  if (values.length !== size) {
    const what = `${values.length} numbers for ${typeText(input.type)}`
    throw new UserError('invalid-data', place, what, `give ${size} numbers, one number, or "zeros"`)
  }
  return Tensor.fromArray(dtype, dims, castNumbers(dtype, values))
}

import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import { dimsOf, typeText } from '../ir/type.js'

/** Sizes by symbol name. Throws a usage error that names the input and its declared shape. */
export function bindSymbols(
  model: Model,
  shapes: readonly string[] = [],
  batch: number | undefined = undefined,
): Map<string, number> {
  const symbols = new Map<string, number>()
  if (batch !== undefined) {
    if (!Number.isInteger(batch) || batch < 1)
      throw new UserError('usage', '--batch', `${batch} is no size`, 'give a whole number from 1')
    for (const input of model.graph.inputs) {
      const first = dimsOf(input.type)?.[0]
      if (first !== undefined && typeof first !== 'number') symbols.set(first.key, batch)
    }
  }
  for (const text of shapes) bindOne(model, text, symbols)
  return symbols
}

function bindOne(model: Model, text: string, symbols: Map<string, number>): void {
  const split = text.lastIndexOf('=')
  const name = text.slice(0, split)
  const sizes = text
    .slice(split + 1)
    .split(',')
    .map(Number)
  const input = model.graph.inputs.find((candidate) => candidate.name === name)
  if (split < 0 || input === undefined || sizes.some((size) => !Number.isInteger(size) || size < 0)) {
    const inputs = model.graph.inputs.map((each) => `${each.name} ${typeText(each.type)}`).join('; ')
    throw new UserError('usage', '--shape', `cannot use "${text}"`, `write name=1,3,224,224; inputs: ${inputs}`)
  }
  const dims = dimsOf(input.type)
  if (dims === undefined || dims.length !== sizes.length) {
    throw new UserError(
      'usage',
      '--shape',
      `"${text}" has ${sizes.length} sizes`,
      `input ${name} is ${typeText(input.type)}`,
    )
  }
  dims.forEach((dim, axis) => {
    const size = sizes[axis]!
    if (typeof dim === 'number') {
      if (dim === size) return
      throw new UserError('usage', '--shape', `axis ${axis} of ${name} is fixed to ${dim}`, `give ${dim} there`)
    }
    const earlier = symbols.get(dim.key)
    if (earlier !== undefined && earlier !== size) {
      throw new UserError('usage', '--shape', `${dim.key} would be both ${earlier} and ${size}`, 'give equal sizes')
    }
    symbols.set(dim.key, size)
  })
}

/** Shapes of one command for many models, whose inputs need not have the same names: those that this model has an input for. */
export const shapesFor = (model: Model, shapes: readonly string[]): string[] =>
  shapes.filter((text) => model.graph.inputs.some(({ name }) => text.startsWith(`${name}=`)))

import { isStatic } from '../../ir/dim.js'
import { type AxisForm, type Run, resolve, sizeOf } from './axis-form.js'

/** 0, 1, ... size - 1. */
export const identity = (size: number): Int32Array => Int32Array.from({ length: size }, (_, i) => i)

/** The list with new units (-1) as repetitions of the last old one: for what divides by its parameters. */
export function repeatingLast(units: Int32Array): Int32Array {
  const last = units.reduce((most, unit) => Math.max(most, unit), 0)
  return units.map((unit) => (unit < 0 ? last : unit))
}

/**
 * Where each new position of an axis comes from, when runs in it change their units; -1: from nowhere. undefined: the axis
 * has symbolic sizes, so that positions cannot be listed.
 */
export function positionsOf(form: AxisForm, units: ReadonlyMap<Run, Int32Array>): Int32Array | undefined {
  const resolved = resolve(form)
  switch (resolved.kind) {
    case 'run':
      return units.get(resolved) ?? (isStatic(resolved.size) ? identity(resolved.size) : undefined)
    case 'sum': {
      const positions: number[] = []
      let offset = 0
      for (const part of resolved.parts) {
        const [inner, size] = [positionsOf(part, units), sizeOf(part)]
        if (inner === undefined || !isStatic(size)) return undefined
        for (const at of inner) positions.push(at < 0 ? -1 : offset + at)
        offset += size
      }
      return Int32Array.from(positions)
    }
    case 'product':
      return resolved.factors.reduce<Int32Array | undefined>((outer, factor) => {
        const [inner, size] = [positionsOf(factor, units), sizeOf(factor)]
        if (outer === undefined || inner === undefined || !isStatic(size)) return undefined
        return Int32Array.from(outerProduct(outer, inner, (a, b) => (a < 0 || b < 0 ? -1 : a * size + b)))
      }, Int32Array.of(0))
  }
}

/** Which unit of a run each position of an axis belongs to; -1: to none. */
export function unitsAt(form: AxisForm, run: Run): Int32Array {
  const resolved = resolve(form)
  switch (resolved.kind) {
    case 'run':
      return resolved === run ? identity(run.size as number) : new Int32Array(resolved.size as number).fill(-1)
    case 'sum':
      return Int32Array.from(resolved.parts.flatMap((part) => [...unitsAt(part, run)]))
    case 'product':
      return resolved.factors.reduce(
        (outer, factor) => Int32Array.from(outerProduct(outer, unitsAt(factor, run), (a, b) => Math.max(a, b))),
        Int32Array.of(-1),
      )
  }
}

/** A factor for each new position of an axis: the product of the factors of its units; 1 where a run has none. */
export function factorsOf(
  form: AxisForm,
  units: ReadonlyMap<Run, Int32Array>,
  factors: ReadonlyMap<Run, Float64Array>,
): Float64Array {
  const resolved = resolve(form)
  switch (resolved.kind) {
    case 'run':
      return factors.get(resolved) ?? new Float64Array(units.get(resolved)?.length ?? (resolved.size as number)).fill(1)
    case 'sum':
      return Float64Array.from(resolved.parts.flatMap((part) => [...factorsOf(part, units, factors)]))
    case 'product':
      return resolved.factors.reduce(
        (outer, factor) => Float64Array.from(outerProduct(outer, factorsOf(factor, units, factors), (a, b) => a * b)),
        Float64Array.of(1),
      )
  }
}

function* outerProduct(
  outer: Iterable<number>,
  inner: Iterable<number>,
  combine: (a: number, b: number) => number,
): Generator<number> {
  for (const a of outer) for (const b of inner) yield combine(a, b)
}

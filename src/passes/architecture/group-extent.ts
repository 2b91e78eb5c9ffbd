import { constantOf } from '../../ir/constant.js'
import { bindDim, type Dim, isStatic, mulDims, symbolsOf } from '../../ir/dim.js'
import type { Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { type AxisForm, type Run, resolve, runsOf, sizeOf } from './axis-form.js'
import type { AxisTable } from './axis-table.js'

/** How much of a model hangs on each run. */

/** How many positions of an axis one unit of a run stands for; 0: none. */
export function multiplicity(form: AxisForm, run: Run): Dim {
  const resolved = resolve(form)
  switch (resolved.kind) {
    case 'run':
      return resolved === run ? 1 : 0
    case 'sum':
      return resolved.parts.reduce<number>((sum, part) => sum + Number(multiplicity(part, run)), 0)
    case 'product': {
      const at = resolved.factors.findIndex((factor) => runsOf(factor).includes(run))
      if (at < 0) return 0
      const others = resolved.factors.reduce<Dim>(
        (all, factor, i) => (i === at ? all : mulDims(all, sizeOf(factor))),
        1,
      )
      return mulDims(others, multiplicity(resolved.factors[at]!, run))
    }
  }
}

/** Share of a form's positions that go with all of a run; of a symbolic size, each symbol counts as 1. */
function share(form: AxisForm, run: Run): number {
  const size = concrete(sizeOf(form))
  return size === 0 ? 0 : (concrete(multiplicity(form, run)) * concrete(run.size)) / size
}

/** A size with 1 for every symbol: figures are for one element of a batch. */
function concrete(dim: Dim): number {
  if (isStatic(dim)) return dim
  const bound = bindDim(dim, new Map([...symbolsOf(dim)].map((name) => [name, 1])))
  return isStatic(bound) ? bound : 0
}

/** By run, what would go if all of it went: 1 - the part that stays of every axis. */
function lost(forms: readonly AxisForm[], whole: number, into: Map<Run, number>): void {
  for (const run of new Set(forms.flatMap(runsOf))) {
    const stays = forms.reduce((part, form) => part * (1 - share(form, run)), 1)
    into.set(run, (into.get(run) ?? 0) + whole * (1 - stays))
  }
}

/** Multiply-accumulates by run: they are proportional to every axis of a node. */
export function macsOf(table: AxisTable): Map<Run, number> {
  const macs = new Map<Run, number>()
  for (const { node, forms } of table.nodes) {
    const found = contextOf(node)
    const count = found?.resolved.op.macs?.(found.context)
    if (count !== undefined) lost([...forms.values()], concrete(count), macs)
  }
  return macs
}

/** Elements of constants by run; a constant that several nodes take counts once. */
export function parametersOf(table: AxisTable): Map<Run, number> {
  const parameters = new Map<Run, number>()
  const counted = new Set<Value>()
  for (const { node } of table.nodes) {
    node.inputs.forEach((value, i) => {
      const tensor = constantOf(value)
      const forms = table.ofInput(node, i)
      if (value === undefined || tensor === undefined || forms === undefined || counted.has(value)) return
      counted.add(value)
      lost(forms, tensor.size, parameters)
    })
  }
  return parameters
}

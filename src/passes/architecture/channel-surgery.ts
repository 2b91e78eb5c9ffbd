import { constantOf } from '../../ir/constant.js'
import { type Dim, isStatic } from '../../ir/dim.js'
import type { Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import type { AxisSizes } from '../../ir/ops/define.js'
import type { Patch } from '../../ir/patch.js'
import type { Tensor } from '../../ir/tensor.js'
import { dimsOf } from '../../ir/type.js'
import { fromDoubles, scaleAlong, selectAlong, toDoubles } from '../weights.js'
import { type AxisForm, type Run, runsOf, sizeOf } from './axis-form.js'
import { type AxisRole, axisRoles } from './axis-role.js'
import { type AxisTable, formOf, type NodeAxes } from './axis-table.js'
import type { ChannelGroup } from './channel-groups.js'
import type { Correspondence } from './correspondence.js'
import { factorsOf, positionsOf, repeatingLast } from './positions.js'
import { writeSizes } from './written-sizes.js'

/** New units of a group: where each comes from. */
export interface UnitChange {
  /** Old unit of every new one, repeated where it was split; -1: new, zero at its producers and its consumers. */
  readonly units: Int32Array
  /** What consumers' weights of each new unit are multiplied by; absent: they stay. */
  readonly shares?: Float64Array
}

/**
 * Changes the units of groups of one model, all at once: constants are cut or widened along the groups' axes (a shared one is
 * copied where its users differ), sizes that operators hold are written anew, and types are inferred again. The groups found
 * before are void afterwards. It does what it is told: whether a group may change is for its callers to find out.
 */
export function changeUnits(
  patch: Patch,
  changes: ReadonlyMap<ChannelGroup, UnitChange>,
  correspondence: Correspondence,
): void {
  for (const [{ table }] of changes) {
    new Surgeon(patch, table, new Map([...changes].map(([{ run }, change]) => [run, change])), correspondence).operate()
    return
  }
}

/** New positions of one axis of a constant. */
interface AxisChange {
  readonly axis: number
  readonly positions: Int32Array
  readonly factors: Float64Array | undefined
}

class Surgeon {
  readonly #patch: Patch
  readonly #table: AxisTable
  readonly #units = new Map<Run, Int32Array>()
  readonly #shares = new Map<Run, Float64Array>()
  readonly #correspondence: Correspondence
  /** Copies made of a constant, by what was done to it. */
  readonly #copies = new Map<Value, Map<string, Value>>()

  constructor(patch: Patch, table: AxisTable, changes: ReadonlyMap<Run, UnitChange>, correspondence: Correspondence) {
    this.#patch = patch
    this.#table = table
    for (const [run, { units, shares }] of changes) {
      this.#units.set(run, units)
      if (shares !== undefined) this.#shares.set(run, shares)
    }
    this.#correspondence = correspondence
  }

  operate(): void {
    const expected = this.#followActivations()
    for (const axes of this.#table.nodes) {
      for (const input of axes.node.inputs.keys()) this.#changeConstant(axes, input)
      for (const sizes of axes.sizes) this.#writeSizes(axes, sizes)
    }
    inferTypes(this.#patch.model)
    for (const check of expected) check()
    this.#patch.collectGarbage(() => false)
  }

  #isChanged(form: AxisForm): boolean {
    return runsOf(form).some((run) => this.#units.has(run))
  }

  /** Tells what becomes of activations, and gives the checks that it came out so. */
  #followActivations(): (() => void)[] {
    const checks: (() => void)[] = []
    for (const [value, forms] of this.#table.values()) {
      forms.forEach((form, axis) => {
        if (!this.#isChanged(form)) return
        const positions = positionsOf(form, this.#units)
        if (positions === undefined) this.#correspondence.forget(value)
        else {
          this.#correspondence.select(value, axis, positions)
          checks.push(() => checkSize(value, axis, positions.length))
        }
      })
    }
    return checks
  }

  #changeConstant(axes: NodeAxes, input: number): void {
    const { node } = axes
    const value = node.inputs[input]
    const tensor = constantOf(value)
    const forms = this.#table.ofInput(node, input)
    if (
      value === undefined ||
      tensor === undefined ||
      forms === undefined ||
      !forms.some((form) => this.#isChanged(form))
    )
      return
    const roles = axisRoles(axes, input, (other) => constantOf(other) !== undefined)
    const steps = forms.flatMap((form, axis): AxisChange[] =>
      this.#isChanged(form) ? [{ axis, ...this.#axisChange(form, axes, roles[axis]!) }] : [],
    )
    const key = steps.map(({ axis, positions, factors }) => `${axis}:${positions}:${factors ?? ''}`).join(';')
    const copies = this.#copies.get(value) ?? new Map<string, Value>()
    this.#copies.set(value, copies)
    const known = copies.get(key)
    if (known !== undefined) {
      this.#patch.setInput(node, input, known)
      return
    }
    const changed = this.#patch.setConstant(node, input, steps.reduce(changeAxis, tensor))
    copies.set(key, changed)
    this.#correspondence.replace(value, changed)
    for (const { axis, positions } of steps) this.#correspondence.select(changed, axis, positions)
  }

  /** What becomes of a weight's axis, by what its names do there. */
  #axisChange(form: AxisForm, { forms }: NodeAxes, roles: ReadonlyMap<string, AxisRole>): Omit<AxisChange, 'axis'> {
    const units = new Map(this.#units)
    const shares = new Map<Run, Float64Array>()
    for (const [name, role] of roles) {
      for (const run of runsOf(forms.get(name)!)) {
        const [list, share] = [this.#units.get(run), this.#shares.get(run)]
        // Something may be divided by a parameter: it gets no zeros.
        if (role === 'parameter' && list !== undefined) units.set(run, repeatingLast(list))
        if (role === 'consumer' && share !== undefined) shares.set(run, share)
      }
    }
    const factors = shares.size === 0 ? undefined : factorsOf(form, this.#units, shares)
    return { positions: positionsOf(form, units)!, factors }
  }

  #writeSizes({ node, forms }: NodeAxes, sizes: AxisSizes): void {
    // An offset from the end says something else as soon as anything of its axis changes.
    if (![...forms.values()].some((form) => this.#isChanged(form))) return
    writeSizes(this.#patch, node, sizes, (term) => newSize(formOf(term, forms), this.#units))
  }
}

function changeAxis(tensor: Tensor, { axis, positions, factors }: AxisChange): Tensor {
  const selected = selectAlong(tensor, axis, positions)
  if (factors === undefined) return selected
  return fromDoubles(selected.dtype, selected.dims, scaleAlong(toDoubles(selected)!, selected.dims, axis, factors))
}

/** undefined: symbolic. */
function newSize(form: AxisForm, units: ReadonlyMap<Run, Int32Array>): number | undefined {
  const size: Dim = positionsOf(form, units)?.length ?? sizeOf(form)
  return isStatic(size) ? size : undefined
}

/** What inference finds has to be what was planned; else an operator's axes or sizes are declared wrongly. */
function checkSize(value: Value, axis: number, size: number): void {
  const found = dimsOf(value.type)?.[axis]
  if (found !== undefined && isStatic(found) && found !== size)
    throw new Error(`axis ${axis} of "${value.name}" has ${found} positions after a change to ${size}`)
}

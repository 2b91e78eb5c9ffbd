import { isStatic } from '../dim.js'
import { axisNames } from './broadcast.js'
import type { OpContext } from './context.js'
import type { AxisSizes } from './define.js'

/** Elements that Pad puts before and after each axis. Source: ONNX Pad, opsets 1 to 25. */
interface Padding {
  readonly axis: number
  readonly before: number
  readonly after: number
}

/** undefined: the amounts or the axes are computed. */
function paddings(c: OpContext, rank: number): Padding[] | undefined {
  const pads = c.since >= 11 ? c.content(1) : (c.ints('pads') ?? c.ints('paddings'))
  const given = c.hasInput(3) ? c.numbers(3) : Array.from({ length: rank }, (_, i) => i)
  if (pads === undefined || given === undefined || !pads.every(isStatic)) return undefined
  return given.map((axis, i) => ({
    axis: c.axis(axis, rank),
    before: pads[i] as number,
    after: pads[i + given.length] as number,
  }))
}

/** `a b -> a (lb:1+b+rb:2)` for constants around an axis; other modes and cropping pads address positions: `b! -> bp`. */
export function padAxes(c: OpContext): string | null {
  const rank = c.rank(0)
  const pads = rank === undefined ? undefined : paddings(c, rank)
  if (rank === undefined || pads === undefined) return null
  const isConstant = (c.text('mode') ?? 'constant') === 'constant'
  const before = axisNames(rank)
  const after = axisNames(rank)
  for (const pad of pads) {
    if (pad.before === 0 && pad.after === 0) continue
    const name = before[pad.axis]!
    if (isConstant && pad.before >= 0 && pad.after >= 0) {
      after[pad.axis] = `(l${name}:${pad.before}+${name}+r${name}:${pad.after})`
    } else {
      before[pad.axis] = `${name}!`
      after[pad.axis] = `${name}p`
    }
  }
  const others = c.node.inputs.slice(1).map(() => '_')
  return `${[before.join(' '), ...others].join(', ')} -> ${after.join(' ')}`
}

/** The amounts: what is padded can be cut like anything else. */
export function padSizes(c: OpContext): readonly AxisSizes[] {
  const rank = c.rank(0)
  const pads = rank === undefined ? undefined : paddings(c, rank)
  if (rank === undefined || pads === undefined || (c.text('mode') ?? 'constant') !== 'constant') return []
  const names = axisNames(rank)
  const word = (side: 'l' | 'r', { axis, before, after }: Padding) =>
    before < 0 || after < 0 || (side === 'l' ? before : after) === 0 ? undefined : `${side}${names[axis]}`
  const at = c.since >= 11 ? { input: 1 } : { attribute: c.since < 2 ? 'paddings' : 'pads' }
  return [{ at, words: [...pads.map((pad) => word('l', pad)), ...pads.map((pad) => word('r', pad))] }]
}

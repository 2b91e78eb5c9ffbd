import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AxisForm, pinForm, productOf, Run, resolve, runsOf, sizeOf, split, sumOf, unify } from './axis-form.js'
import { positionsOf } from './positions.js'

/** `6`, `(2 3)`, `(4+8)`: sizes of fresh runs. */
function form(text: string): AxisForm {
  const tokens = text.match(/\d+|[()+]/g)!
  const term = (): AxisForm => {
    const token = tokens.shift()!
    if (token !== '(') return new Run(Number(token))
    const terms = [term()]
    let isSum = false
    while (tokens[0] !== ')') {
      if (tokens[0] === '+') isSum = Boolean(tokens.shift())
      terms.push(term())
    }
    tokens.shift()
    return isSum ? sumOf(terms) : productOf(terms)
  }
  return term()
}

const text = (from: AxisForm): string => {
  const found = resolve(from)
  if (found.kind === 'run') return String(found.size)
  return found.kind === 'sum' ? `(${found.parts.map(text).join('+')})` : `(${found.factors.map(text).join(' ')})`
}

describe('unifying forms', () => {
  test.each([
    ['6', '(2 3)', '(2 3)'],
    ['(4+8)', '(6+6)', '(4+2+6)'],
    ['12', '(4+8)', '(4+8)'],
    ['(2 6)', '(2 2 3)', '(2 2 3)'],
    ['(4 3)', '(2 6)', '(2 2 3)'],
    ['(8+12)', '((2+3) 4)', '((2 4)+(3 4))'],
    ['(8+12)', '(5 4)', '((2 4)+(3 4))'],
    ['(3+9)', '(2 6)', '(3+3+3+3)'],
    ['(5+7)', '(3 4)', '(1+3+1+3+1+3)'],
    ['(1 7)', '7', '7'],
    ['(4+0)', '4', '4'],
  ])('%s and %s are %s', (a, b, both) => {
    const [left, right] = [form(a), form(b)]
    expect(unify(left, right)).toBe(true)
    expect(text(left)).toBe(both)
    expect(sizeOf(resolve(right))).toBe(sizeOf(resolve(left)))
  })

  test.each([
    ['6', '7'],
    ['(2 3)', '(3 2)'],
    ['(5 4)', '(4 5)'],
    ['((2 3)+6)', '(4+8)'],
  ])('%s and %s have nothing in common', (a, b) => {
    expect(unify(form(a), form(b))).toBe(false)
  })

  test('halves that are stacked and taken apart are one run, and the stack stays', () => {
    const [a, b] = [new Run(4), new Run(4)]
    const [rows, row] = [new Run(2), new Run(4)]
    expect(unify(productOf([rows, row]), sumOf([a, b]))).toBe(true)
    expect(runsOf(a)).toContain(runsOf(row)[0])
    expect(runsOf(b)).toContain(runsOf(row)[0])
  })

  test('what pins one pins the other, also through parts', () => {
    const [whole, part] = [new Run(6), new Run(2)]
    pinForm(whole, { reason: 'graph-output', remedy: 'none' })
    expect(unify(whole, sumOf([part, new Run(4)]))).toBe(true)
    expect(part.pin?.reason).toBe('graph-output')
  })

  test('a boundary within a row cannot be split', () => {
    expect(split(form('(3 4)'), 6)).toBeUndefined()
    expect(split(form('(3 4)'), 8)?.map(text)).toEqual(['(2 4)', '4'])
  })
})

/** Random forms of size 24. */
const forms: fc.Arbitrary<string> = fc.constantFrom(
  '24',
  '(2 12)',
  '(12 2)',
  '(4 6)',
  '(6 4)',
  '(2 3 4)',
  '(3 8)',
  '(8+16)',
  '(12+12)',
  '(6+6+12)',
  '(1+23)',
  '((2+4) 4)',
  '((4 3)+12)',
  '((2 6)+(3 4))',
  '(5+7+12)',
)

test('property: forms that were unified cut the same positions, whatever units go', () => {
  fc.assert(
    fc.property(fc.array(forms, { minLength: 2, maxLength: 4 }), fc.infiniteStream(fc.boolean()), (texts, coins) => {
      const all = texts.map(form)
      const unified = [all[0]!]
      for (const other of all.slice(1)) {
        if (!unify(all[0]!, other)) break
        unified.push(other)
      }
      const units = new Map<Run, Int32Array>()
      for (const run of unified.flatMap(runsOf)) {
        // The rows of what was stacked are pinned: they do not go.
        if (units.has(run) || run.pin !== undefined) continue
        const kept = Array.from({ length: run.size as number }, (_, i) => i).filter(() => coins.next().value)
        if (kept.length > 0) units.set(run, Int32Array.from(kept))
      }
      if (unified.length < 2) return
      const [first, ...others] = unified.map((each) => [...positionsOf(each, units)!])
      for (const other of others) expect(other).toEqual(first)
    }),
    { numRuns: 2000 },
  )
})

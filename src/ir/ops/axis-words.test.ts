import { describe, expect, test } from 'vitest'
import { type AxisTerm, parseAxisTerm, parseAxisWords } from './axis-words.js'

const text = (term: AxisTerm): string => {
  switch (term.kind) {
    case 'name':
      return `${term.name}${term.size === undefined ? '' : `:${term.size}`}${term.mark ?? ''}`
    case 'one':
      return '1'
    default:
      return `(${term.terms.map(text).join(term.kind === 'sum' ? '+' : ' ')})`
  }
}
const listText = (terms: readonly AxisTerm[] | undefined) => (terms === undefined ? '_' : terms.map(text).join(' '))

describe('axis words', () => {
  test.each([
    'n c h!, o c k! -> n o ho',
    '(g c) 1, _, (p0+p1) -> (h (a+b))',
    'n (l:2+c+r:0) h -> n c h',
    'a b~ c~, ,  -> a 1 1',
    ' -> a',
  ])('%s reads as it is written', (words) => {
    const { inputs, outputs } = parseAxisWords(words)
    const written = `${inputs.map(listText).join(', ')} -> ${outputs.map(listText).join(', ')}`
    expect(written.replaceAll(' ', '')).toBe(words.replaceAll(' ', ''))
  })

  test.each(['a b', 'a (b -> a', 'a ) -> a', 'a (b+c d) -> a', 'a % -> a'])('%s is refused', (words) => {
    expect(() => parseAxisWords(words)).toThrow()
  })

  test('one axis by itself', () => {
    expect(text(parseAxisTerm('(l+c)'))).toBe('(l+c)')
    expect(() => parseAxisTerm('a b')).toThrow('not one axis')
  })
})

import { describe, expect, test } from 'vitest'
import { examplesOf, firstDifference } from './examples.js'

describe('examples of a page', () => {
  test('commands with what is shown of their output; continued lines are one, quotes go, other blocks are none', () => {
    const page = ['```sh', '$ no', '```', '```console', '$ a b \\', '    "c d"', '1', '...', '$ e', '```', ''].join(
      '\n',
    )
    expect(examplesOf(page)).toEqual([
      { words: ['a', 'b', 'c d'], shown: ['1', '...'] },
      { words: ['e'], shown: [] },
    ])
  })

  test.each<[string, string[], string[], RegExp | undefined]>([
    ['the same lines, columns otherwise apart', ['a  b', 'c'], ['a b', 'c   '], undefined],
    ['lines left out', ['a', '...', 'd'], ['a', 'b', 'c', 'd'], undefined],
    ['none left out where they could be', ['a', '...', 'b', '...'], ['a', 'b'], undefined],
    ['a line too few', ['a'], ['a', 'b'], /not shown: b/],
    ['a line too many', ['a', 'b'], ['a'], /shown: {3}b\nprinted: \(nothing more\)/],
    ['lines left out without a word', ['a', 'c'], ['a', 'b', 'c'], /shown: {3}c\nprinted: b/],
    ['another figure', ['latency 0.158 ms'], ['latency 0.159 ms'], /0\.158/],
    ['another time', ['wrote x in 20.5 s'], ['wrote x in 3 s'], undefined],
    ['an accuracy of another machine', ['top-1 accuracy 94.33 %'], ['top-1 accuracy 94.17 %'], undefined],
    ['an accuracy that is another', ['top-1 accuracy 94.33 %'], ['top-1 accuracy 93.5 %'], /94\.33/],
    ['an interval that moved', ['top-1 accuracy 1.00 to 2.00 points'], ['top-1 accuracy 1.00 to 2.9 points'], /2\.00/],
    ['a verdict of another machine', ['passed: the drop is 0.0033, x'], ['passed: the drop is 0.0050, x'], undefined],
    ['another verdict', ['passed: the drop is 0.0033'], ['failed: the drop is 0.0033'], /passed/],
    ['a noise that is another', ['fused: block 0 -8.3 % 0.015'], ['fused: block 0 -8.3 % 0.035'], /0\.015/],
  ])('%s', (_, shown, printed, difference) => {
    const found = firstDifference(shown, printed)
    if (difference === undefined) expect(found).toBeUndefined()
    else expect(found).toMatch(difference)
  })
})

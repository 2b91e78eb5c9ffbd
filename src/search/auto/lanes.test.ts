import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Lanes } from './lanes.js'

test.each([1, 3])('%i at once and no more, in the order asked for; one that fails frees its lane', async (count) => {
  const lanes = new Lanes(count)
  const begun: number[] = []
  let [now, most] = [0, 0]
  const work = (id: number) =>
    lanes.run(async () => {
      begun.push(id)
      most = Math.max(most, ++now)
      await setTimeout((id * 7) % 4)
      now -= 1
      if (id === 2) throw new Error('two')
      return id
    })
  const ids = Array.from({ length: 9 }, (_, id) => id)
  const done = await Promise.allSettled(ids.map(work))
  expect(done.map((each) => (each.status === 'fulfilled' ? each.value : 'failed'))).toEqual([
    0,
    1,
    'failed',
    3,
    4,
    5,
    6,
    7,
    8,
  ])
  expect(begun).toEqual(ids)
  expect(most).toBe(count)
})

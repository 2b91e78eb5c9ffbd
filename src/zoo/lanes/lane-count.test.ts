import { availableParallelism } from 'node:os'
import { describe, expect, test } from 'vitest'
import { laneCount } from './lane-count.js'

const cores = availableParallelism()

describe('how many candidates are built side by side', () => {
  test.each<[title: string, asked: Parameters<typeof laneCount>, least: number, most: number]>([
    ['as many as were asked for', [7, 1e12, 64], 7, 7],
    ['no more than there are cores', ['as-fits', 1e5, 1], 1, cores],
    ['one where a runtime takes all cores', ['as-fits', 1e5, cores], 1, 1],
    ['one where a runtime takes more', ['as-fits', 1e5, 3 * cores], 1, 1],
    ['one where a model takes all memory', ['as-fits', 1e12, 1], 1, 1],
  ])('%s', (_, asked, least, most) => {
    const count = laneCount(...asked)
    expect(count).toBeGreaterThanOrEqual(least)
    expect(count).toBeLessThanOrEqual(most)
  })
})

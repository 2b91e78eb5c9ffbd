import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Journal, type JournalEntry } from './journal.js'

const folder = mkdtempSync(join(tmpdir(), 'journal-'))
let count = 0
const fresh = () => join(folder, `${count++}.jsonl`)

const entry = (name: string, error: string): JournalEntry => ({
  ...{ name, key: 'k', limits: { seconds: 1, bytes: 1 }, seconds: 1 },
  outcome: { state: 'failed', kind: 'bad-file', error },
})

async function written(entries: readonly JournalEntry[]): Promise<string> {
  const path = fresh()
  const journal = await Journal.open(path)
  for (const each of entries) await journal.add(each)
  await journal.close()
  return path
}

test('cut off anywhere: what was whole before the cut is there, and what is added afterwards as well', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(texts, fc.double({ min: 0, max: 1, noNaN: true }), async (errors, share) => {
      const entries = errors.map((error, i) => entry(`net-${i}`, error))
      const path = await written(entries)
      const bytes = readFileSync(path)
      const cut = Math.floor(share * bytes.length)
      writeFileSync(path, bytes.subarray(0, cut))
      const lines = bytes.subarray(0, cut).toString('latin1').split('\n').length - 1
      const journal = await Journal.open(path)
      // The first line is the head.
      entries.forEach((each, i) => {
        expect(journal.of(each.name)).toEqual(i < lines - 1 ? each : undefined)
      })
      await journal.add(entry('last', 'x'))
      await journal.close()
      const again = await Journal.open(path)
      expect(again.of('last')).toEqual(entry('last', 'x'))
      entries.forEach((each, i) => {
        expect(again.of(each.name)).toEqual(i < lines - 1 ? each : undefined)
      })
      await again.close()
    }),
    { numRuns: 60 },
  )
})

test('of several lines of a name the last one counts', async () => {
  const journal = await Journal.open(await written([entry('a', 'old'), entry('b', 'b'), entry('a', 'new')]))
  expect(journal.of('a')).toEqual(entry('a', 'new'))
  await journal.close()
})

test.each(['{"journalVersion":2}\n', '[1]\n{"a":1}\n'])(
  '%j is no journal of ours, and stays as it is',
  async (text) => {
    const path = fresh()
    writeFileSync(path, text)
    await expect(Journal.open(path)).rejects.toThrow('not a journal of this version')
    expect(readFileSync(path, 'utf8')).toBe(text)
  },
)

test('a file that has no whole line is begun anew only where it is the beginning of a journal', async () => {
  const path = fresh()
  writeFileSync(path, 'notes of somebody else, without an end')
  await expect(Journal.open(path)).rejects.toThrow('not a journal')
  expect(readFileSync(path, 'utf8')).toBe('notes of somebody else, without an end')
})

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { UserError } from '../ir/errors.js'
import { loadTarget, type Target, targetNames, validateTarget } from './target.js'

const neuralEngine = () => structuredClone(loadTarget('neural-engine')) as unknown as Record<string, unknown>

describe('targets', () => {
  test.each(targetNames())('%s fits the schema and has the name of its file', (name) => {
    expect(validateTarget(loadTarget(name))).toBeUndefined()
    expect(loadTarget(name).name).toBe(name)
  })

  test('the figures of neural-engine are fixed', () => {
    const target = loadTarget('neural-engine')
    if (target.kind !== 'dot-product-array') throw new Error('neural-engine is an array')
    expect(target.array).toEqual({ inputLanes: 32, outputLanes: 32, depthwiseChannels: 16 })
    expect(target.precisions).toEqual({ int8: 1, int16: 0.5, float16: 0.5 })
    expect([target.clockGHz, target.overhead.cyclesPerKernel, target.vector.elementsPerCycle]).toEqual([1, 1500, 64])
    expect(target.memory).toEqual({ sramBytes: 2 ** 20, residentFraction: 0.5, dramBytesPerCycle: 8 })
  })

  test.each<[string, (target: Record<string, unknown>) => void, string, RegExp]>([
    [
      'a negative clock',
      (t) => {
        t['clockGHz'] = -1
      },
      '/clockGHz',
      /> 0, found -1/,
    ],
    [
      'an unknown kind',
      (t) => {
        t['kind'] = 'quantum'
      },
      '/kind',
      /dot-product-array.*found "quantum"/,
    ],
    [
      'a missing array',
      (t) => {
        delete t['array']
      },
      '/',
      /array/,
    ],
    [
      'an unknown property',
      (t) => {
        t['colour'] = 'red'
      },
      '/',
      /colour/,
    ],
    [
      'lanes that are no whole number',
      (t) => {
        t['array'] = { inputLanes: 1.5, outputLanes: 1, depthwiseChannels: 1 }
      },
      '/array/inputLanes',
      /integer, found 1.5/,
    ],
  ])('refuses %s and says where', (_, spoil, path, message) => {
    const target = neuralEngine()
    spoil(target)
    const fault = validateTarget(target)
    expect(fault?.path).toBe(path)
    expect(fault?.message).toMatch(message)
  })

  test('a file of the user works like a built-in target; a bad one names the file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'target-'))
    const good = join(folder, 'chip.json')
    writeFileSync(good, JSON.stringify({ ...neuralEngine(), name: 'chip' }))
    expect(loadTarget(good).name).toBe('chip')
    const bad = join(folder, 'bad.json')
    writeFileSync(bad, '{"name": "bad"')
    expect(() => loadTarget(bad)).toThrow(UserError)
    expect(() => loadTarget(join(folder, 'none.json'))).toThrow(/no such file/i)
    expect(() => loadTarget('unheard-of')).toThrow(/no target/)
  })

  test('the schema knows four kinds', () => {
    const schema = JSON.parse(readFileSync(new URL('./target.schema.json', import.meta.url), 'utf8')) as {
      properties: { kind: { enum: string[] } }
    }
    const kinds: Target['kind'][] = ['dot-product-array', 'systolic-array', 'microblock-array', 'measured']
    expect(schema.properties.kind.enum).toEqual(kinds)
  })
})

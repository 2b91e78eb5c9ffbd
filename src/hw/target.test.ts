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

  /** Puts a value at a JSON path of a target; undefined takes away what is there. */
  const spoiled = (name: string, path: string, value: unknown): unknown => {
    const target = structuredClone(loadTarget(name)) as unknown as Record<string, unknown>
    const keys = path.split('/').slice(1)
    let at = target
    for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>
    if (value === undefined) delete at[keys.at(-1)!]
    else at[keys.at(-1)!] = value
    return target
  }

  test.each<[target: string, at: string, value: unknown, path: string, message: RegExp]>([
    ['neural-engine', '/clockGHz', -1, '/clockGHz', /must be > 0, found -1$/],
    ['neural-engine', '/clockGHz', '1', '/clockGHz', /must be number, found "1"$/],
    ['neural-engine', '/kind', 'quantum', '/kind', /must be one of dot-product-array, .*measured, found "quantum"$/],
    ['neural-engine', '/array', undefined, '/', /required property 'array'/],
    ['neural-engine', '/colour', 'red', '/', /unknown property "colour"/],
    ['neural-engine', '/name', 'Neural Engine', '/name', /pattern.*found "Neural Engine"$/],
    ['neural-engine', '/array/inputLanes', 1.5, '/array/inputLanes', /must be integer, found 1\.5$/],
    ['neural-engine', '/array/rows', 16, '/array', /unknown property "rows"/],
    ['neural-engine', '/memory/sramBytes', undefined, '/memory', /required property 'sramBytes'/],
    ['neural-engine', '/memory/residentFraction', 2, '/memory/residentFraction', /must be <= 1, found 2$/],
    ['neural-engine', '/precisions', {}, '/precisions', /fewer than 1 /],
    ['neural-engine', '/precisions/int4', 2, '/precisions', /int4|property name/],
    ['neural-engine', '/defaultPrecision', 'float32', '/defaultPrecision', /one of the precisions int8, .*"float32"$/],
    [
      'neural-engine',
      '/energy/picojoulesPerMac',
      { int8: 1 },
      '/energy/picojoulesPerMac',
      /figure for int16, found int8$/,
    ],
    ['neural-engine', '/energy/source', '', '/energy/source', /fewer than 1 characters, found ""$/],
    ['neural-engine', '/host/bytesPerCycle', 0, '/host/bytesPerCycle', /must be > 0, found 0$/],
    ['neural-engine', '/host/kinds', ['magic'], '/host/kinds/0', /must be one of convolution, .*"magic"$/],
    [
      'neural-engine',
      '/fusion/freeAfterArray/0',
      'pooling',
      '/fusion/freeAfterArray/0',
      /one of activation.*"pooling"$/,
    ],
    ['systolic-16x16-ws', '/array/dataflow', 'ws', '/array/dataflow', /one of weight-stationary, .*found "ws"$/],
    ['systolic-16x16-ws', '/array/rows', 0, '/array/rows', /must be >= 1, found 0$/],
    ['systolic-16x16-ws', '/array/inputLanes', 4, '/array', /unknown property "inputLanes"/],
    ['systolic-16x16-ws', '/kind', 'dot-product-array', '/array', /inputLanes|rows/],
    ['ethos-u55-128', '/array/microblock/width', 0, '/array/microblock/width', /must be >= 1, found 0$/],
    ['ethos-u55-128', '/memory/mode', 'fast', '/memory/mode', /one of shared-sram, .*found "fast"$/],
    ['ethos-u55-128', '/memory/dramTiming', undefined, '/memory', /required property 'dramTiming'/],
    ['cpu', '/predictor', undefined, '/', /required property 'predictor'/],
  ])('%s with %s = %j: says where, what was expected and what is there', (name, at, value, path, message) => {
    const fault = validateTarget(spoiled(name, at, value))
    expect(fault?.path).toBe(path)
    expect(fault?.message).toMatch(message)
  })

  test.each<[string, unknown]>([
    ['a list', []],
    ['a text', 'neural-engine'],
    ['null', null],
  ])('%s is no target', (_, value) => {
    expect(validateTarget(value)).toEqual({
      path: '/',
      message: expect.stringMatching(/must be object, found/) as string,
    })
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

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { lookUpOp, newestOpset, operators, resolveAt } from '../src/ir/ops/index.js'
import { type Parameter, parseSignature, type Signature } from '../src/ir/ops/signature.js'
import { describeWithShared } from './shared-assets.js'

interface FormalParameter {
  readonly name: string
  readonly option: string
  readonly type: string
  readonly homogeneous?: boolean
}

interface FormalVersion {
  readonly inputs: readonly FormalParameter[]
  readonly outputs: readonly FormalParameter[]
  readonly attributes: readonly { name: string; type: string; required?: boolean; default?: unknown }[]
  readonly types?: Readonly<Record<string, readonly string[]>>
  readonly minInputs: number
  readonly maxInputs: number | null
  readonly minOutputs: number
  readonly maxOutputs: number | null
  readonly deprecated?: boolean
}

const parameters = (list: readonly Parameter[]) =>
  list.map(({ name, option, type, isHomogeneous }) => ({
    name,
    option,
    type,
    homogeneous: option !== 'variadic' || isHomogeneous,
  }))

/** An optional mark beyond the least count reads as optional where the facts say single. */
const formal = (list: readonly FormalParameter[], least: number) =>
  list.map(({ name, option, type, homogeneous }, i) => ({
    name,
    option: option === 'single' && i >= least ? 'optional' : option,
    type,
    homogeneous: option !== 'variadic' || homogeneous !== false,
  }))

/** A least count that ends at a parameter marked optional says no more than the last one that is not. */
const least = (list: readonly FormalParameter[], count: number): number =>
  list.slice(0, count).findLastIndex(({ option }) => option !== 'optional') + 1

function expectAgreement(signature: Signature, facts: FormalVersion): void {
  const types = facts.types ?? {}
  const full = (list: readonly Parameter[]) => parameters(list).map((each) => ({ ...each, type: each.type }))
  expect(full(signature.inputs)).toEqual(formal(facts.inputs, facts.minInputs))
  expect(full(signature.outputs)).toEqual(formal(facts.outputs, facts.minOutputs))
  const limits = [signature.minInputs, signature.maxInputs, signature.minOutputs, signature.maxOutputs]
  const most = (count: number | null) => count ?? Number.POSITIVE_INFINITY
  expect(limits).toEqual([
    least(facts.inputs, facts.minInputs),
    most(facts.maxInputs),
    least(facts.outputs, facts.minOutputs),
    most(facts.maxOutputs),
  ])
  const attributes = [...signature.attributes].map(([name, { type, isRequired, default: value }]) => ({
    name,
    type,
    required: isRequired,
    default: value === undefined ? undefined : JSON.parse(value),
  }))
  expect(attributes).toEqual(
    facts.attributes.map(({ name, type, required, default: value }) => ({
      name,
      type: type.toLowerCase(),
      required: required === true,
      default: value,
    })),
  )
  const sets = Object.fromEntries([...signature.types].map(([name, choices]) => [name, [...choices].sort()]))
  expect(sets).toEqual(Object.fromEntries(Object.entries(types).map(([name, choices]) => [name, [...choices].sort()])))
}

describe('operator declarations', () => {
  test('every signature parses', () => {
    for (const { type, signatures } of operators) {
      for (const text of Object.values(signatures))
        if (text !== 'deprecated') expect(() => parseSignature(text), type).not.toThrow()
    }
  })

  test('a node means the newest version that is not above the imported opset', () => {
    expect(resolveAt('', 'Relu', 13)?.since).toBe(13)
    expect(resolveAt('', 'Relu', 12)?.since).toBe(6)
    expect(resolveAt('', 'Gelu', 19)).toBeUndefined()
    expect(resolveAt('', 'Upsample', 10)?.signature).toBeUndefined()
    expect(resolveAt('', 'Relu', newestOpset.get('')! + 1)).toBeUndefined()
    expect(resolveAt('nobody', 'Relu', 1)).toBeUndefined()
  })
})

describeWithShared('facts on operators', (assets) => {
  const facts = JSON.parse(readFileSync(assets.file('operators.json'), 'utf8')) as {
    operators: { domain: string; name: string; versions: Record<string, FormalVersion> }[]
  }
  const contrib = JSON.parse(readFileSync(assets.file('contrib-operators.json'), 'utf8')) as {
    operators: (FormalVersion & { domain: string; name: string; sinceVersion: number })[]
  }

  test('all standard operators and versions are declared as the facts say', () => {
    for (const { domain, name, versions } of facts.operators) {
      const op = lookUpOp(domain, name)
      expect(op, `${domain}.${name}`).toBeDefined()
      expect(Object.keys(op!.signatures)).toEqual(Object.keys(versions))
      for (const [since, version] of Object.entries(versions)) {
        const text = op!.signatures[Number(since)]!
        if (version.deprecated) expect(text).toBe('deprecated')
        else expectAgreement(parseSignature(text), version)
      }
    }
  })

  test('all operators of the runtime vendor are declared as the facts say', () => {
    for (const version of contrib.operators) {
      const op = lookUpOp(version.domain, version.name)
      expect(op, `${version.domain}.${version.name}`).toBeDefined()
      expectAgreement(parseSignature(op!.signatures[version.sinceVersion]!), version)
    }
  })
})

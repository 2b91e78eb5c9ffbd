import { constantOf } from '../ir/constant.js'
import { staticShape } from '../ir/dim.js'
import type { Node, Value } from '../ir/graph.js'
import { contextOf } from '../ir/infer.js'
import type { Trait } from '../ir/ops/define.js'
import { dimsOf } from '../ir/type.js'
import type { ConcreteSizes } from './concrete-sizes.js'
import type { Activation, Kernel } from './kernel.js'
import { kindOf, NodeMapping } from './node-mapping.js'
import type { Operands } from './operands.js'
import { shapeOf } from './shape-of.js'

/** Nodes that run as one kernel, the anchor first, and what the kernel is called if not like the anchor. */
export interface KernelNodes {
  readonly nodes: readonly Node[]
  readonly op: string | undefined
  readonly repeats: number
}

/** The numbers of kernels whose nodes are known. */
export class KernelMeasure {
  readonly #sizes: ConcreteSizes
  readonly #operands: Operands
  readonly #mapping: NodeMapping

  constructor(sizes: ConcreteSizes, operands: Operands) {
    this.#sizes = sizes
    this.#operands = operands
    this.#mapping = new NodeMapping(sizes, operands)
  }

  /** Whether a node is dense algebra, on whose output an array may do more at no cost. */
  isDense(node: Node, traits: readonly Trait[]): boolean {
    return this.#mapping.mapping(node, traits) !== undefined
  }

  kernel({ nodes, op, repeats }: KernelNodes): Kernel {
    const anchor = nodes[0]!
    const last = nodes.at(-1)!
    const found = contextOf(anchor)
    const traits = found?.resolved.op.traits ?? []
    const mapping = this.#mapping.mapping(anchor, traits)
    const { inputs, weightBytes } = this.#operandsOf(nodes)
    const macs = this.#sizes.macs(anchor)
    const outputs = last.outputs
      .filter((output) => output !== undefined)
      .map((output) => this.#sizes.activation(output))
    const isFunction = found === undefined && anchor.graph.model.functionOf(anchor) !== undefined
    if (isFunction) this.#sizes.assumptions.add(`${anchor.label}: a function, taken as one pass over its data`)
    const kind = kindOf(traits, mapping, found === undefined && !isFunction, anchor)
    return {
      name: anchor.name || anchor.label,
      kind,
      nodes,
      macs,
      weightBytes,
      inputs,
      outputs,
      shape: shapeOf({
        kind,
        op,
        anchor,
        precision: this.#sizes.precisionOf(anchor),
        inputDims: this.#sizes.dims(anchor.inputs[0], anchor),
        outputDims: this.#sizes.dims(anchor.outputs[0], anchor),
        weightDims: this.#mapping.weightDims(anchor, traits),
        operandDims: anchor.inputs.map((value) => (isSized(value) ? this.#sizes.dims(value, anchor) : undefined)),
        groups: this.#sizes.int(anchor, 'group', 1),
        hiddenSize: this.#sizes.int(anchor, 'hidden_size', 1),
        inputBytes: sum(inputs),
        outputBytes: sum(outputs),
        weightBytes,
        macs,
        mapping,
        fused: nodes.slice(1).filter(readsTwoActivations).length,
        activations: inputs.length + outputs.length,
      }),
      repeats,
    }
  }

  /** What a kernel reads from outside: activations, each once, and constants in bytes. */
  #operandsOf(nodes: readonly Node[]): { inputs: Activation[]; weightBytes: number } {
    const inputs: Activation[] = []
    let weightBytes = 0
    for (const member of nodes) {
      if (this.#operands.isFreeConversion(member)) continue
      for (const operand of member.inputs) {
        if (operand === undefined || (member !== nodes[0] && nodes.includes(operand.producer as Node))) continue
        const input = this.#operands.source(operand)
        const tensor = this.#operands.tensorOf(input)
        if (tensor !== undefined)
          weightBytes += this.#sizes.elementsOf(tensor, operand, member) * this.#sizes.elementBytes(tensor.dtype)
        else if (this.#operands.isKnown(input)) weightBytes += this.#sizes.activation(input).bytes
        else if (!inputs.some(({ value }) => value === input)) inputs.push(this.#sizes.activation(input))
      }
    }
    return { inputs, weightBytes }
  }
}

const isSized = (value: Value | undefined): boolean =>
  constantOf(value) !== undefined || staticShape(dimsOf(value?.type)) !== undefined

const sum = (activations: readonly Activation[]): number => activations.reduce((all, { bytes }) => all + bytes, 0)

/** As the addition of a residual does. */
const readsTwoActivations = (node: Node): boolean =>
  node.inputs.filter((input) => input !== undefined && constantOf(input) === undefined).length > 1

interface CurvaturePair {
  /** Change of the point, change of the gradient. */
  readonly s: Float64Array
  readonly y: Float64Array
  /** 1 / <s, y>. */
  readonly rho: number
}

/** Approximate inverse Hessian applied to a gradient. */
export type Preconditioner = (gradient: Float64Array) => Promise<Float64Array>

/**
 * Limited-memory quasi-Newton directions (L-BFGS) on top of a preconditioner that is no multiple of the identity. Source: Nocedal
 * and Wright, Numerical Optimization, algorithm 7.4.
 */
export class QuasiNewton {
  readonly #memory: number
  #pairs: CurvaturePair[] = []
  #last: { readonly point: Float64Array; readonly gradient: Float64Array } | undefined

  constructor(memory: number) {
    this.#memory = memory
  }

  /** Curvature of before says nothing of what comes. */
  forget(): void {
    this.#pairs = []
    this.#last = undefined
  }

  /** Where to go from a point, for a step of length 1: a direction of descent. */
  async direction(point: Float64Array, gradient: Float64Array, precondition: Preconditioner): Promise<Float64Array> {
    this.#learn(point, gradient)
    const pairs = this.#pairs
    const q = gradient.slice()
    const shares: number[] = []
    for (let i = pairs.length - 1; i >= 0; i--) {
      const { s, y, rho } = pairs[i]!
      shares[i] = rho * dot(s, q)
      add(q, y, -shares[i]!)
    }
    const r = await precondition(q)
    for (const [i, { s, y, rho }] of pairs.entries()) add(r, s, shares[i]! - rho * dot(y, r))
    return r.map((value) => -value)
  }

  #learn(point: Float64Array, gradient: Float64Array): void {
    if (this.#last !== undefined) {
      const s = point.map((value, i) => value - this.#last!.point[i]!)
      const y = gradient.map((value, i) => value - this.#last!.gradient[i]!)
      const curvature = dot(s, y)
      if (curvature > 1e-12 * Math.sqrt(dot(s, s) * dot(y, y)))
        this.#pairs = [...this.#pairs, { s, y, rho: 1 / curvature }].slice(-this.#memory)
    }
    this.#last = { point, gradient }
  }
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** a += share * b. */
function add(a: Float64Array, b: Float64Array, share: number): void {
  for (let i = 0; i < a.length; i++) a[i]! += share * b[i]!
}

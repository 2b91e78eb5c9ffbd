/** How two classifiers differ on the same samples. */
export interface Mcnemar {
  readonly bothRight: number
  readonly onlyBefore: number
  readonly onlyAfter: number
  readonly bothWrong: number
  /** Two-sided exact test that both are equally often right where they differ. */
  readonly pValue: number
}

/** From what each sample gave: 1 right, 0 wrong. Source: McNemar 1947, in its exact (binomial) form. */
export function mcnemar(before: ArrayLike<number>, after: ArrayLike<number>): Mcnemar {
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < before.length; i++) counts[2 * before[i]! + after[i]!]! += 1
  const [bothWrong, onlyAfter, onlyBefore, bothRight] = counts as [number, number, number, number]
  return { bothRight, onlyBefore, onlyAfter, bothWrong, pValue: signTest(onlyBefore, onlyAfter) }
}

/** Probability of a split at least as uneven when both sides are equally likely. */
function signTest(a: number, b: number): number {
  const n = a + b
  // ln of C(n, k) / 2^n, from one k to the next.
  let log = -n * Math.LN2
  let sum = 0
  for (let k = 0; k <= Math.min(a, b); k++) {
    sum += Math.exp(log)
    log += Math.log((n - k) / (k + 1))
  }
  return Math.min(1, 2 * sum)
}

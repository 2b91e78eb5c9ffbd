/** A kind of network and how one of it becomes numbers that latency adds up from. */
export interface NetworkFamily<Network> {
  readonly name: string
  /** Ways to count a network's work, the likeliest first; a fit weighs which one suits its device. */
  readonly views: readonly NetworkView<Network>[]
}

export interface NetworkView<Network> {
  readonly name: string
  readonly features: readonly string[]
  /** One number a feature, none negative. */
  readonly of: (network: Network) => Float64Array
}

/** A network as a fit sees it. */
export interface NetworkSample {
  /** Numbers by view of the family. */
  readonly views: readonly Float64Array[]
  /** Milliseconds on other devices, in a fixed order; NaN: not measured. */
  readonly proxies: readonly number[]
}

export const sampleOf = <Network>(
  family: NetworkFamily<Network>,
  network: Network,
  proxies: readonly number[] = [],
): NetworkSample => ({ views: family.views.map(({ of }) => of(network)), proxies })

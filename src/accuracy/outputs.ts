import type { Tensor } from '../ir/tensor.js'

/** What a model answered to one sample, by name; batch axes are of size 1. */
export type Outputs = ReadonlyMap<string, Tensor>

import { isFloat } from '../../ir/dtype.js'
import { UserError } from '../../ir/errors.js'
import type { Labels } from '../data-set.js'
import type { StoredArray } from '../files/npy.js'
import type { Preprocess } from '../input/preprocess.js'

/** Class indexes [N] or [N, 1], or masks [N, H, W]. Throws UserError `invalid-data`. */
export async function labelsOfArray(array: StoredArray, { ignoredLabel }: Preprocess): Promise<Labels> {
  const { dims, dtype, file } = array
  const isList = dims.length === 1 || (dims.length === 2 && dims[1] === 1)
  const [, height, width] = dims
  const found = `labels of ${dtype}[${dims.join(', ')}]`
  if (isFloat(dtype) || (!isList && (dims.length !== 3 || height === undefined || width === undefined))) {
    throw new UserError('invalid-data', '', found, 'give integers: class indexes [N], or masks [N, H, W]', file)
  }
  const numbers = (await array.whole()).numbers()
  if (isList) return { kind: 'classes', classes: Int32Array.from(numbers) }
  const masks = Uint8Array.from(numbers)
  const lost = masks.findIndex((value, at) => value !== numbers[at])
  if (lost >= 0)
    throw new UserError('invalid-data', '', `${found} with ${numbers[lost]}`, 'use classes of 0 to 255', file)
  return {
    kind: 'masks',
    height: height!,
    width: width!,
    masks,
    ...(ignoredLabel !== undefined && { ignored: ignoredLabel }),
  }
}

import { UserError } from '../../ir/errors.js'
import type { Value } from '../../ir/graph.js'
import { Tensor } from '../../ir/tensor.js'
import { dimsOf, dtypeOf, typeText } from '../../ir/type.js'
import type { Audio } from '../files/audio-file.js'
import { castNumbers } from './cast.js'
import type { Preprocess } from './preprocess.js'
import { scaler, toScaling } from './scaling.js'

/** The axis of an input that is time: the only one after the batch that is not 1. Throws UserError where there is none. */
export function timeAxis(input: Value, source: string): number {
  const dims = dimsOf(input.type) ?? []
  const candidates = dims.flatMap((dim, axis) => (axis > 0 && dim !== 1 ? [axis] : []))
  const [axis] = candidates
  if (axis !== undefined && candidates.length === 1) return axis
  const what = `input ${input.name} ${typeText(input.type)} takes no single channel of sound`
  throw new UserError('invalid-data', input.name, what, 'compute what it takes and save it as .npy', source)
}

/** Cuts or fills up to the input's length; sounds are joined along the batch axis. */
export function audioBatch(sounds: readonly Audio[], input: Value, preprocess: Preprocess, source: string): Tensor {
  const axis = timeAxis(input, source)
  const dims = dimsOf(input.type)!
  checkRates(sounds, preprocess)
  const declared = dims[axis]
  const length = typeof declared === 'number' ? declared : (preprocess.length ?? sounds[0]!.samples.length)
  const scale = scaler(toScaling(preprocess.scaling ?? 'none'), 1)
  const values = new Float64Array(sounds.length * length)
  sounds.forEach(({ samples }, at) => {
    const used = Math.min(length, samples.length)
    // What is filled up is silence before scaling.
    for (let i = 0; i < length; i++) values[at * length + i] = scale(i < used ? samples[i]! : 0, 0)
  })
  const dtype = dtypeOf(input.type) ?? 'float32'
  const shape = dims.map((_, at) => (at === 0 ? sounds.length : at === axis ? length : 1))
  return Tensor.fromArray(dtype, shape, castNumbers(dtype, values))
}

/** Sound is never resampled here: every resampler hears differently. */
function checkRates(sounds: readonly Audio[], { sampleRate }: Preprocess): void {
  const expected = sampleRate ?? sounds[0]!.sampleRate
  const odd = sounds.find((sound) => sound.sampleRate !== expected)
  if (odd === undefined) return
  const what = `${odd.sampleRate} Hz instead of ${expected} Hz`
  throw new UserError('invalid-data', '', what, `resample the files to ${expected} Hz`, odd.file)
}

import { readFile } from 'node:fs/promises'
import { UserError } from '../../ir/errors.js'

/** One channel of sound. */
export interface Audio {
  readonly file: string
  /** Hertz. */
  readonly sampleRate: number
  /** -1 to 1. */
  readonly samples: Float32Array
}

export const isAudioFile = (name: string): boolean => /\.wav$/i.test(name)

/** Decodes a `.wav`; several channels become their mean. Throws UserError `not-found` or `invalid-data`. */
export async function decodeAudio(file: string): Promise<Audio> {
  const bytes = await readFile(file).catch((error: Error) => {
    throw new UserError('not-found', '', error.message, 'check the path', file)
  })
  const { default: wavefile } = await import('wavefile')
  try {
    const wave = new wavefile.WaveFile(bytes)
    wave.toBitDepth('32f')
    const { sampleRate } = wave.fmt as { sampleRate: number }
    const decoded = wave.getSamples(false, Float32Array) as unknown as Float32Array | Float32Array[]
    return { file, sampleRate, samples: Array.isArray(decoded) ? mean(decoded) : decoded }
  } catch (error) {
    const what = `not a readable .wav: ${(error as Error).message}`
    throw new UserError('invalid-data', '', what, 'replace or remove it', file)
  }
}

function mean(channels: readonly Float32Array[]): Float32Array {
  const [first] = channels
  return Float32Array.from(first!, (_, at) => channels.reduce((sum, each) => sum + each[at]!, 0) / channels.length)
}

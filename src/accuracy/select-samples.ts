import type { DataSet, Labels } from './data-set.js'

/** Some samples of a set, in the order given, as a set of their own. */
export function selectSamples(data: DataSet, samples: readonly number[]): DataSet {
  return {
    source: data.source,
    count: samples.length,
    nameOf: (sample) => data.nameOf?.(samples[sample]!) ?? `[${samples[sample]}]`,
    batchLimit: data.batchLimit,
    imageSize: data.imageSize,
    batch: (wanted) => data.batch(wanted.map((sample) => samples[sample]!)),
    labels: data.labels === undefined ? undefined : selectLabels(data.labels, samples),
    digests: async () => {
      const all = await data.digests()
      return samples.map((sample) => all[sample]!)
    },
  }
}

/** No more than so many of a set, the first ones. */
export const firstSamples = (data: DataSet, most: number): DataSet =>
  selectSamples(
    data,
    Array.from({ length: Math.min(data.count, most) }, (_, sample) => sample),
  )

function selectLabels(labels: Labels, samples: readonly number[]): Labels {
  switch (labels.kind) {
    case 'classes':
      return { ...labels, classes: Int32Array.from(samples, (sample) => labels.classes[sample]!) }
    case 'masks': {
      const area = labels.height * labels.width
      const masks = new Uint8Array(samples.length * area)
      samples.forEach((sample, at) => {
        masks.set(labels.masks.subarray(sample * area, (sample + 1) * area), at * area)
      })
      return { ...labels, masks }
    }
    case 'boxes':
      return { ...labels, boxes: samples.map((sample) => labels.boxes[sample]!) }
  }
}

/** Flags that say what a model is judged on, and how. */
export const dataOptions = {
  data: {
    type: 'string',
    requiresArg: true,
    describe: 'samples: .npy, .npz (also .gz), or a folder of images, .wav, .npy, .npz, or of class folders of them',
  },
  labels: {
    type: 'string',
    requiresArg: true,
    describe: 'class indexes or masks (.npy), file,label (.csv), boxes (.json) [default: what lies with the data]',
  },
  preprocess: {
    type: 'string',
    requiresArg: true,
    describe: 'imagenet, tensorflow, unit, none, or a preprocess.json: how pixels become the numbers the model takes',
  },
  metric: {
    type: 'string',
    requiresArg: true,
    describe:
      'top-1, top-5, miou, pixel-accuracy, ap-50, agreement, cosine, sqnr, kl, expected-drop [default: by the labels]',
  },
  'max-drop': {
    type: 'number',
    requiresArg: true,
    describe: 'largest drop of the metric that passes, as a share: 0.01 is one point',
  },
} as const

/** Data for the last judgement alone. */
export const testDataOptions = {
  'test-data': {
    type: 'string',
    requiresArg: true,
    describe: 'samples for the final gate, none of which are in --data [default: a part of --data is held out]',
  },
  'test-labels': { type: 'string', requiresArg: true, describe: 'their labels' },
} as const

/** The flags above, as given. */
interface GivenData {
  readonly data?: string | undefined
  readonly labels?: string | undefined
  readonly 'test-data'?: string | undefined
  readonly 'test-labels'?: string | undefined
  readonly preprocess?: string | undefined
  readonly metric?: string | undefined
  readonly 'max-drop'?: number | undefined
}

/** As jobs call them. */
export const dataOf = (given: GivenData) => ({
  data: given.data,
  labels: given.labels,
  testData: given['test-data'],
  testLabels: given['test-labels'],
  preprocess: given.preprocess,
  metric: given.metric,
  maxDrop: given['max-drop'],
})

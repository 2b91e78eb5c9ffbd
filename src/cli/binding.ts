/** Flags that say what a model is estimated on: hardware, and sizes for symbolic dims. */
export const bindingOptions = {
  target: {
    alias: 't',
    type: 'string',
    default: 'neural-engine',
    requiresArg: true,
    describe: 'target by name, or a JSON file',
  },
  shape: {
    type: 'string',
    array: true,
    describe: 'sizes of an input: name=1,3,224,224 (repeatable)',
    requiresArg: true,
  },
  batch: { type: 'number', describe: 'size of the first axis of every input', requiresArg: true },
} as const

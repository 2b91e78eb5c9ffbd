// A process that evaluates as the name of a recipe's first group says: everything that a search must survive.
import { serveParent } from '../../dist/zoo/processes/serve-parent.js'

const acts = {
  // The process and where its temporary files go, in place of figures.
  done: () => ({ fidelity: { pid: process.pid, folder: process.env.TMPDIR } }),
  declined: () => ({ declined: true, reason: 'not-here', place: 'a group', remedy: 'none' }),
  abort: () => process.abort(),
  throw: () => {
    throw new Error('what only happens here')
  },
  hang: () => {
    for (;;);
  },
}

serveParent(async ({ recipe }) => acts[recipe.decisions[0].group]())

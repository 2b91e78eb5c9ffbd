import type { Pass } from './define.js'
import { removeIdentity } from './exact/identity.js'

/** The exact and rounding passes in their order: what a node is tried with first comes first. */
export const cleanUpPasses: readonly Pass[] = [removeIdentity]

import type { Step } from '../src/hw/cycles/microblock/maps.js'
import type { MicroblockTarget, Target } from '../src/hw/target.js'

export type Row = Readonly<Record<string, string>>

export function readRows(file: string): Row[]
export function targetOf(config: string, loadTarget: (name: string) => Target): MicroblockTarget
export function stepsOfRows(rows: readonly Row[]): (Step & { readonly rows: readonly Row[] })[]
export function stepOfSynthetic(row: Row): Step
export function groupRows<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]>

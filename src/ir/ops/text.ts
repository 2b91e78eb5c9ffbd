import { unknownDim } from '../dim.js'
import { broadcastInputs } from './broadcast.js'
import { defineOp } from './define.js'

export const regexFullMatch = defineOp({
  type: 'RegexFullMatch',
  signatures: {
    20: '(X: T1) -> (Y: T2) {pattern: string} T1: string; T2: bool',
  },
  dims: (c) => [c.dims(0)],
})

export const stringConcat = defineOp({
  type: 'StringConcat',
  signatures: {
    20: '(X: T, Y: T) -> (Z: T) T: string',
  },
  dims: (c) => [broadcastInputs(c)],
})

export const stringNormalizer = defineOp({
  type: 'StringNormalizer',
  signatures: {
    10: '(X: string) -> (Y: string) {case_change_action: string = "NONE", is_case_sensitive: int = 0, locale: string, stopwords: strings}',
  },
  dims: (c) => [c.rank(0) === 2 ? [c.dims(0)![0]!, unknownDim()] : [unknownDim()]],
})

export const stringSplit = defineOp({
  type: 'StringSplit',
  signatures: {
    20: '(X: T1) -> (Y: T2, Z: T3) {delimiter: string, maxsplit: int} T1: string; T2: string; T3: int64',
  },
  dims: (c) => [c.dims(0) === undefined ? undefined : [...c.dims(0)!, unknownDim()], c.dims(0)],
})

export const tfIdfVectorizer = defineOp({
  type: 'TfIdfVectorizer',
  signatures: {
    9: '(X: T) -> (Y: T1) {max_gram_length!: int, max_skip_count!: int, min_gram_length!: int, mode!: string, ngram_counts!: ints, ngram_indexes!: ints, pool_int64s: ints, pool_strings: strings, weights: floats} T: string|int32|int64; T1: float',
  },
  dims: (c) => {
    const indexes = c.ints('ngram_indexes')
    const size = indexes === undefined ? unknownDim() : Math.max(...indexes) + 1
    const rank = c.rank(0)
    return [rank === undefined ? undefined : rank === 1 ? [size] : [c.dims(0)![0]!, size]]
  },
})

export const textOps = [regexFullMatch, stringConcat, stringNormalizer, stringSplit, tfIdfVectorizer]

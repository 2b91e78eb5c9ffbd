import { defineOp } from './define.js'

export const regexFullMatch = defineOp({
  type: 'RegexFullMatch',
  signatures: {
    20: '(X: T1) -> (Y: T2) {pattern: string} T1: string; T2: bool',
  },
})

export const stringConcat = defineOp({
  type: 'StringConcat',
  signatures: {
    20: '(X: T, Y: T) -> (Z: T) T: string',
  },
})

export const stringNormalizer = defineOp({
  type: 'StringNormalizer',
  signatures: {
    10: '(X: string) -> (Y: string) {case_change_action: string = "NONE", is_case_sensitive: int = 0, locale: string, stopwords: strings}',
  },
})

export const stringSplit = defineOp({
  type: 'StringSplit',
  signatures: {
    20: '(X: T1) -> (Y: T2, Z: T3) {delimiter: string, maxsplit: int} T1: string; T2: string; T3: int64',
  },
})

export const tfIdfVectorizer = defineOp({
  type: 'TfIdfVectorizer',
  signatures: {
    9: '(X: T) -> (Y: T1) {max_gram_length!: int, max_skip_count!: int, min_gram_length!: int, mode!: string, ngram_counts!: ints, ngram_indexes!: ints, pool_int64s: ints, pool_strings: strings, weights: floats} T: string|int32|int64; T1: float',
  },
})

export const textOps = [regexFullMatch, stringConcat, stringNormalizer, stringSplit, tfIdfVectorizer]

/** A piece of memory that must not move: bytes, and the steps it is in use, both included. */
export interface Block {
  readonly bytes: number
  readonly first: number
  readonly last: number
}

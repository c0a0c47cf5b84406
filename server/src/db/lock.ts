/** Whoever writes what they have read says so: the row is theirs until the end of the transaction. */
export interface Lock {
  lock?: boolean
}

export interface Subject {
  kind: 'user' | 'contact'
  id: number
  accountId: number
}

export interface Stamp extends Subject {
  /** Epoch seconds. */
  at: number
}

/** Who spoke up lately. Nobody leaves: a presence that is not renewed ends by itself. */
export interface Presence {
  stamp: (subject: Subject) => void
  isPresent: (accountId: number, kind: Subject['kind'], id: number) => boolean
  present: (accountId: number, kind: Subject['kind']) => number[]
  /** All that is known, to tell another process. */
  stamps: () => Stamp[]
  /** Takes over what another process knows. */
  learn: (stamps: Stamp[]) => void
}

/** Chance as an argument: tests replay a script, production draws from the engine. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
}

/** The engine's own generator; not for secrets. */
export const systemRandom: Random = { next: () => Math.random() }

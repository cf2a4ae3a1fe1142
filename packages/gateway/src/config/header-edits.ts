/** Edits to headers, made while the message streams on. */
export interface HeaderEdits {
  readonly set?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

interface SlicesLatin1 {
  latin1Slice(start?: number, end?: number): string
}

/** Bytes as text, one character a byte: `toString('latin1')` without its look-up of the encoding, which costs as much as the text. */
export function latin1(bytes: Buffer, start?: number, end?: number): string {
  return (bytes as Buffer & SlicesLatin1).latin1Slice(start, end)
}

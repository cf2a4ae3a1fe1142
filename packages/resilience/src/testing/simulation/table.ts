const indent = '  '
const gap = '  '

/** Rows as aligned lines; the columns in `right` are aligned to the right, as numbers are. */
export function table(rows: readonly (readonly string[])[], right: readonly number[]): string[] {
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const cell = (text: string, column: number) => {
    const width = widths[column] ?? 0
    return right.includes(column) ? text.padStart(width) : text.padEnd(width)
  }
  return rows.map((row) => (indent + row.map(cell).join(gap)).trimEnd())
}

/** 12,345, in every locale. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A part of a whole, such as `12.5 %`. */
export function share(part: number, whole: number): string {
  return `${((part * 100) / Math.max(1, whole)).toFixed(1)} %`
}

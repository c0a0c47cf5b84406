type Cell = string | number | false | null | undefined

/** One line of a file for spreadsheets. A cell that one would take for a formula is text. */
export function csvLine(cells: Cell[]): string {
  return `${cells.map(cellOf).join(',')}\n`
}

/** @NOTE As the csv-safe gem has it, and so also before a telephone number. */
const FORMULA = /^[-=+@%|\r\t]/

function cellOf(value: Cell): string {
  const text = value === null || value === undefined || value === false ? '' : String(value)
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

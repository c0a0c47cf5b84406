export interface Command {
  name: string
  summary: string
  /** Of what follows the name: `NAME`. */
  usage?: string
  description?: string
  options?: { flag: string; value?: string; text: string }[]
  run: (input: { values: Record<string, string | boolean | undefined>; positionals: string[] }) => Promise<void>
}

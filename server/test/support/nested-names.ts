/** `a[b][]=1`, as browsers and Rails nest names; so many pairs at most. */
export function nestedNames(body: unknown, most = Infinity): [name: string, value: string][] {
  const pairs: [string, string][] = []
  const walk = (value: unknown, name: string): void => {
    if (pairs.length >= most) return
    if (Array.isArray(value)) for (const item of value) walk(item, `${name}[]`)
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) walk(inner, name ? `${name}[${key}]` : key)
    } else pairs.push([name, value === null ? '' : String(value)])
  }
  walk(body, '')
  return pairs
}

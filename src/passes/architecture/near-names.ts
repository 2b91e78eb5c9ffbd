/** At most this many are listed. */
const shown = 5

/** Names that hold the one given, or its last part; else the first ones. For a remedy: with commas between, '' for none. */
export function nearNames(name: string, names: readonly string[]): string {
  const parts = [name, name.split(/[/.:]/).findLast((part) => part !== '') ?? name].map((part) => part.toLowerCase())
  const near = names.filter((other) => parts.some((part) => other.toLowerCase().includes(part)))
  return (near.length > 0 ? near : names).slice(0, shown).join(', ')
}

/** Text that is markup already. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Content = Markup | string | number | false | null | undefined | readonly Content[]

/** A template of markup: names come from files, so whatever is put into it is escaped, unless it is markup itself. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let text = parts[0]!
  values.forEach((value, i) => {
    text += render(value) + parts[i + 1]!
  })
  return new Markup(text)
}

function render(value: Content): string {
  if (value instanceof Markup) return value.text
  if (value === false || value === null || value === undefined) return ''
  return typeof value === 'object' ? value.map(render).join('') : escapeMarkup(String(value))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\n': '&#10;',
}

const escapeMarkup = (text: string): string => text.replaceAll(/[&<>"'\n]/g, (character) => entities[character]!)

/** A command of a page, and what the page shows of its output. */
export interface Example {
  /** Words of the command, `optimize` first; quotes are resolved, continued lines joined. */
  readonly words: readonly string[]
  /** Lines shown; `...` alone in a line stands for lines left out. */
  readonly shown: readonly string[]
}

/** Examples of a Markdown page, in order: commands behind `$ ` in its ```console blocks. */
export function examplesOf(markdown: string): Example[] {
  const blocks = [...markdown.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block]) => block!)
  return blocks.flatMap((block) =>
    block
      .replaceAll(/ *\\\n */g, ' ')
      .split(/^\$ /m)
      .slice(1)
      .map((text): Example => {
        const [command, ...lines] = text.trimEnd().split('\n')
        return { words: wordsOf(command!), shown: lines }
      }),
  )
}

/** Words of a command line without anything but words and double quotes. */
export const wordsOf = (command: string): string[] =>
  [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)

/** Figures that another machine, or another load, may print otherwise: how far they may be off. */
const measured: readonly { readonly what: RegExp; readonly within: number }[] = [
  // Time that the program itself took.
  { what: /(?<= in )\d+(\.\d+)?(?= s$)/, within: Number.POSITIVE_INFINITY },
  // Other vector instructions round otherwise: of 600 samples three may fall on the other side.
  { what: /(?<=^top-\d accuracy .*)-?\d+\.\d+(?= %| points| to)/, within: 0.5 },
  { what: /(?<=the drop is .*)-?0\.\d+/, within: 0.005 },
  // Noise of a refit over its signal, the last column of decisions.
  { what: /(?<=^(fused|merged|joined|width): .* )0\.\d{3}$/, within: 0.01 },
]

/** What a page shows against what the command printed: undefined where they agree, else the first line that is not there. */
export function firstDifference(shown: readonly string[], printed: readonly string[]): string | undefined {
  let at = 0
  let isGap = false
  for (const line of shown) {
    if (line.trim() === '...') {
      isGap = true
      continue
    }
    const found = printed.findIndex((candidate, i) => i >= at && agree(line, candidate))
    if (found < 0 || (!isGap && found > at)) return `shown:   ${line}\nprinted: ${printed[at] ?? '(nothing more)'}`
    at = found + 1
    isGap = false
  }
  return isGap || at === printed.length ? undefined : `printed, but not shown: ${printed[at]}`
}

function agree(shown: string, printed: string): boolean {
  const [a, b] = [figuresOf(shown), figuresOf(printed)]
  return (
    a.text === b.text &&
    a.figures.length === b.figures.length &&
    a.figures.every(({ value, within }, i) => Math.abs(value - b.figures[i]!.value) <= within + 1e-9)
  )
}

/** A line with one space between words and without its measured figures, and these. */
function figuresOf(line: string) {
  const figures: { readonly value: number; readonly within: number }[] = []
  let text = line.trim().replaceAll(/ +/g, ' ')
  for (const { what, within } of measured)
    text = text.replaceAll(new RegExp(what.source, 'g'), (figure) => {
      figures.push({ value: Number(figure), within })
      return '#'
    })
  return { text, figures }
}

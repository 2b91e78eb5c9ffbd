import { dot, ruleX, ruleY, text } from '@observablehq/plot'
import { accuracyCells, accuracyColumns } from '../accuracy-rows.js'
import { bytes, count, significant } from '../format.js'
import type { AccuracyEntry, ModelFacts, Report } from '../report.js'
import { chart, plotSvg } from './chart.js'
import { fileName } from './headline.js'
import { html, type Markup } from './markup.js'
import { empty, type Section, table } from './parts.js'

/** What was proved of the result: outputs, accuracy, and which files that is about. */
export function certificate(report: Report): Section {
  const { verification, accuracy, model, result } = report
  return {
    id: 'proof',
    title: 'What was proved',
    lead: 'Original and result run side by side in onnxruntime: their outputs on the same inputs, their scores on the same samples.',
    body: html`<div class="columns proof"><div class="card"><h3>Accuracy</h3>${accuracy === null ? noAccuracy(report) : scores(accuracy)}</div>
<div class="card"><h3>Outputs</h3><p><strong class="${tones[verification.verdict]}">${verification.verdict}</strong>${
      verification.reason !== undefined && html`: ${verification.reason}`
    }</p>${verification.outputs.length > 0 && outputs(report)}</div></div>
<div class="card"><h3>Files</h3>${files(model, result)}</div>`,
  }
}

const tones = { agrees: 'good', differs: 'bad', unverified: 'neutral', skipped: 'neutral' } as const

const noAccuracy = ({ decisions }: Report): Markup =>
  empty(
    decisions.length > 0
      ? 'Nothing judged what the decisions lost: no samples were given. Give some with --data, and --labels where there are any.'
      : 'No samples were given. The passes alone change no function; with --data the scores of both models are compared all the same.',
  )

function scores(accuracy: AccuracyEntry): Markup {
  const { data, samples, gate, mcnemar } = accuracy
  return html`<p>${count(samples)} samples of <code>${fileName(data)}</code>. ${
    gate.verdict !== 'none' &&
    html`<strong class="${gate.verdict === 'passed' ? 'good' : 'bad'}">Gate ${gate.verdict}</strong>: ${gate.reason}.`
  }</p>
${dropChart(accuracy)}
${table('Scores before and after', accuracyColumns, accuracyCells(accuracy))}
${
  mcnemar !== undefined &&
  html`<p class="note">Right in both: ${count(mcnemar.bothRight)}; only before: ${count(mcnemar.onlyBefore)}; only after: ${count(
    mcnemar.onlyAfter,
  )}; in neither: ${count(mcnemar.bothWrong)}. McNemar's exact test: p = ${significant(mcnemar.pValue)}.</p>`
}`
}

/** The drop with its interval, against what is allowed. */
function dropChart({ title, drop, dropInterval, gate, unit }: AccuracyEntry): Markup | false {
  const ends = [drop, ...dropInterval].filter(Number.isFinite)
  if (ends.length < 3) return false
  const scale = unit === 'share' ? 100 : 1
  const limits = gate.maxDrop === null ? [] : [gate.maxDrop * scale]
  const label = `Drop of ${title}${unit === 'share' ? ', points of a per cent' : ''}`
  return chart(
    `${label}: ${significant(drop * scale)}, 95 % interval ${significant(dropInterval[0] * scale)} to ${significant(dropInterval[1] * scale)}`,
    ({ width }) =>
      plotSvg({
        width,
        height: 104,
        marginBottom: 42,
        marginLeft: 16,
        marginRight: 16,
        marginTop: 28,
        x: {
          label,
          nice: true,
          ticks: 5,
          domain: [Math.min(0, ...ends) * scale, Math.max(0, ...limits, ...ends.map((end) => end * scale)) * 1.05],
        },
        y: { axis: null, domain: [0, 1] },
        marks: [
          ruleX([0], { stroke: 'var(--muted)' }),
          ruleX(limits, { stroke: 'var(--bad)', strokeDasharray: '4 3' }),
          text(limits, {
            x: (limit) => limit,
            y: 1,
            text: () => 'allowed',
            dy: -10,
            fill: 'var(--bad)',
            textAnchor: 'middle',
          }),
          ruleY([dropInterval], {
            x1: (ends) => ends[0] * scale,
            x2: (ends) => ends[1] * scale,
            y: 0.5,
            stroke: 'var(--after)',
            strokeWidth: 3,
            strokeLinecap: 'round',
          }),
          dot([drop], { x: (value) => value * scale, y: 0.5, r: 6, fill: 'var(--after)', stroke: 'var(--surface)' }),
        ],
      }),
    0.46,
  )
}

function outputs({ verification }: Report): Markup {
  const columns = ['output', 'max abs', 'max rel', 'cosine', 'SQNR'].map((title, i) => ({ title, isFigure: i > 0 }))
  return table(
    'Differences of outputs',
    columns,
    verification.outputs.map(({ name, maxAbs, maxRel, cosine, sqnrDb }) => [
      name,
      significant(maxAbs),
      significant(maxRel),
      cosine.toFixed(6),
      sqnrDb === null ? 'exact' : `${sqnrDb.toFixed(1)} dB`,
    ]),
  )
}

function files(model: ModelFacts, result: ModelFacts | null): Markup {
  const columns = ['', 'file', 'size', 'nodes', 'parameters', 'SHA-256'].map((title) => ({
    title,
    isFigure: ['size', 'nodes', 'parameters'].includes(title),
  }))
  const row = (role: string, { file, bytes: size, nodes, parameters, sha256 }: ModelFacts) => [
    role,
    html`<code>${fileName(file)}</code>`,
    bytes(size),
    count(nodes),
    count(parameters),
    html`<code class="digest">${sha256}</code>`,
  ]
  return html`${table('Files', columns, [row('original', model), ...(result === null ? [] : [row('result', result)])])}${
    result === null && empty('Nothing was written.')
  }`
}

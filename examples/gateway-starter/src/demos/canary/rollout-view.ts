import type { CanaryArmTally, CanaryStatus, CanaryNumbers } from '@hazeljs/gateway'

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red'
/** Gives a text its colour; where there are no colours it gives the text. */
export type Paint = (style: Style, text: string) => string

export const noPaint: Paint = (_style, text) => text

const barWidth = 22
const labelWidth = 15
const textWidth = 80

/** A rollout as lines for a terminal 80 columns wide. A function of its status alone, so that anything which has that can show it. */
export function rolloutView(status: CanaryStatus, paint: Paint = noPaint): string[] {
  const { stableVersion, canaryVersion, stableWeight, canaryWeight, tally, verdict } = status
  return [
    `${paint('bold', `${stableVersion} → ${canaryVersion}`)}  ${stateText(status, paint)}`,
    armLine(`stable ${stableVersion}`, stableWeight, tally.stable, 'green', paint),
    armLine(`canary ${canaryVersion}`, canaryWeight, tally.canary, 'yellow', paint),
    evidenceLine(verdict.numbers, paint),
    ...paragraph('decision', decisionText(status)),
    ...paragraph('power', powerText(status)).map((line) => paint('dim', line)),
  ]
}

/** The same in one line, for a log. */
export function rolloutLine({ stableVersion, canaryVersion, canaryWeight, tally, verdict }: CanaryStatus): string {
  const { stable, canary } = tally
  const failed = `failed ${stable.errors} of ${stable.requests}, of the canary ${canary.errors} of ${canary.requests}`
  return `${stableVersion} → ${canaryVersion} at ${canaryWeight} %: ${failed}, evidence ${evidenceText(verdict.numbers)}`
}

function stateText({ state, steps, canaryWeight }: CanaryStatus, paint: Paint): string {
  const style = ({ ACTIVE: 'bold', PAUSED: 'yellow', PROMOTED: 'green', ROLLED_BACK: 'red' } as const)[state]
  const shown = steps.map((step) => (step === canaryWeight ? `[${step}]` : String(step))).join(' ')
  return `${paint(style, state)}  ${paint('dim', `steps ${shown}`)}`
}

function armLine(label: string, weight: number, { requests, errors }: CanaryArmTally, style: Style, paint: Paint): string {
  const share = `${labelled(label)} ${bar(weight / 100, style, paint)} ${String(weight).padStart(3)} %`
  if (requests === 0) return share
  const failed = `${errors} failed, ${((100 * errors) / requests).toFixed(1)} %`
  return `${share}  ${String(requests).padStart(5)} requests, ${errors > 0 ? paint('red', failed) : failed}`
}

/** Evidence multiplies with each error, so its bar has a scale of logarithms: empty at 1, full where the canary is rolled back. */
function evidenceLine(numbers: CanaryNumbers, paint: Paint): string {
  const share = Math.log(Math.max(1, numbers.evidence)) / Math.log(numbers.rollbackAt)
  const style = share >= 1 ? 'red' : share >= 0.5 ? 'yellow' : 'green'
  return `${labelled('evidence')} ${bar(share, style, paint)} ${evidenceText(numbers)}`
}

function evidenceText({ evidence, rollbackAt }: CanaryNumbers): string {
  const shown = evidence >= 10_000 ? evidence.toExponential(0) : evidence >= 10 ? evidence.toFixed(0) : evidence.toFixed(1)
  return `${shown} of ${Math.round(rollbackAt)}`
}

function decisionText({ state, reason, verdict }: CanaryStatus): string {
  if (state === 'ACTIVE') return `${verdict.action}: ${verdict.reason}`
  return `${state === 'ROLLED_BACK' ? 'rolled back' : state.toLowerCase()}: ${reason}`
}

function powerText({ state, power }: CanaryStatus): string {
  if (state !== 'ACTIVE' || power === undefined) return ''
  const time = power.ms === undefined ? '' : `, at this traffic in ${timeText(power.ms)}`
  return `${power.ratio} times the errors of stable would show after ${Math.ceil(power.requests).toLocaleString('en-US')} requests or so${time}`
}

/** A label, and a text beside it that is as high as it has to be; nothing for no text. */
function paragraph(label: string, text: string): string[] {
  const lines: string[] = []
  let line = labelled(label)
  for (const word of text.split(' ').filter((one) => one !== '')) {
    if (line.length + 1 + word.length > textWidth) {
      lines.push(line)
      line = labelled('')
    }
    line += ` ${word}`
  }
  return text === '' ? [] : [...lines, line]
}

function labelled(label: string): string {
  return `  ${label.padEnd(labelWidth)}`
}

function timeText(ms: number): string {
  if (ms < 120_000) return `${Math.ceil(ms / 1_000)} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}

/** Filled from 0 to 1. What is more than nothing has at least one block. */
function bar(share: number, style: Style, paint: Paint): string {
  const filled = share <= 0 ? 0 : Math.min(barWidth, Math.max(1, Math.round(share * barWidth)))
  return paint(style, '█'.repeat(filled)) + paint('dim', '░'.repeat(barWidth - filled))
}

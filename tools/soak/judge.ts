import type { EventView, ShipmentView } from '../client.ts'
import type { Happened } from './faults.ts'
import { kinds, targets } from './plan.ts'
import type { Target } from './plan.ts'
import type { Told } from './letters.ts'

/** What came out of the product, as a stranger sees it. */
export type Evidence = {
  told: Told[]
  shipments: Map<string, ShipmentView>
  histories: Map<string, EventView[]>
  /** Tickets taken from the printer's folder, by shipment. */
  jobs: Map<string, number>
  /** Distinct Message-IDs, by shipment. */
  notices: Map<string, Set<string>>
  feed: { position: number; shipmentId: string; seq: number }[]
  faults: Happened[]
}

export type Verdict = {
  letters: number
  kills: Record<Target, number>
  lost: number
  doubled: number
  stuck: number
  unknown: number
  lied: number
  feedGaps: number
  maxLateSeconds: number
  findings: string[]
  /** Why the soak itself was too weak to count. */
  weaknesses: string[]
}

const ends = ['read', 'sentToPrint', 'rejected', 'recalled', 'sentDigitally', 'undelivered', 'handledManually']
const mostLateSeconds = 90

export function judge(evidence: Evidence, asked: { letters: number }): Verdict {
  const found: Record<'lost' | 'doubled' | 'stuck' | 'unknown' | 'lied' | 'feedGaps', string[]> = {
    lost: [],
    doubled: [],
    stuck: [],
    unknown: [],
    lied: [],
    feedGaps: feedGapsOf(evidence),
  }
  let maxLateSeconds = 0
  const sides = { read: 0, printed: 0 }
  for (const told of evidence.told) {
    const { id } = told
    const name = `${told.letter.kind} ${id}`
    for (const oddity of told.oddities) found.lied.push(`${name}: ${oddity}`)
    const shipment = evidence.shipments.get(id)
    if (!shipment) {
      found.lied.push(`${name}: was answered 202 and does not exist`)
      continue
    }
    const { status } = shipment
    const events = evidence.histories.get(id) ?? []
    const jobs = evidence.jobs.get(id) ?? 0
    const notices = evidence.notices.get(id)?.size ?? 0
    if (shipment.problem?.code === 'HandOverUnknown') found.unknown.push(name)
    else if (!ends.includes(status) && !shipment.problem) found.stuck.push(`${name}: ${status}`)
    const has = (type: string) => events.some((event) => event.type === type)
    if (status === 'sentToPrint' && jobs === 0) found.lost.push(`${name}: sent to print, and no job came out`)
    if (has('notified') && notices === 0) found.lost.push(`${name}: notified, and no mail came out`)
    if (jobs > 1) found.doubled.push(`${name}: ${jobs} jobs`)
    if (notices > 1) found.doubled.push(`${name}: ${notices} different notices`)
    if (jobs > 0 && status !== 'sentToPrint') found.doubled.push(`${name}: ${status}, and ${jobs} job`)
    if (jobs > 0 && has('read') && seqOf(events, 'read') < seqOf(events, 'handOverBegun'))
      found.doubled.push(`${name}: read before the claim, and printed`)
    if (told.promised === 'read' && !has('read')) found.lied.push(`${name}: read was answered 200 and is not recorded`)
    if (told.promised === 'recalled' && status !== 'recalled')
      found.lied.push(`${name}: recall was answered 200, and it is ${status}`)
    if (told.letter.kind === 'readAtDeadline') sides[status === 'read' ? 'read' : 'printed'] += 1
    maxLateSeconds = Math.max(maxLateSeconds, lateSecondsOf(events, evidence.faults))
  }
  const kills = Object.fromEntries(
    targets.map((target) => [target, evidence.faults.filter(({ fault }) => fault === target).length]),
  ) as Record<Target, number>
  const count = (names: string[]) => names.length
  return {
    letters: evidence.told.length,
    kills,
    lost: count(found.lost),
    doubled: count(found.doubled),
    stuck: count(found.stuck),
    unknown: count(found.unknown),
    lied: count(found.lied),
    feedGaps: count(found.feedGaps),
    maxLateSeconds: Math.round(maxLateSeconds * 10) / 10,
    findings: Object.entries(found).flatMap(([what, names]) => names.map((name) => `${what}: ${name}`)),
    weaknesses: weaknessesOf({ evidence, kills, sides, letters: asked.letters, maxLateSeconds }),
  }
}

/** Positions rise, and the feed holds just the events that the histories hold. */
function feedGapsOf({ feed, histories }: Evidence): string[] {
  const gaps: string[] = []
  feed.forEach((event, index) => {
    const before = feed[index - 1]
    if (before && event.position <= before.position)
      gaps.push(`position ${event.position} came after ${before.position}`)
  })
  const seen = new Set(feed.map(({ shipmentId, seq }) => `${shipmentId} ${seq}`))
  for (const [id, events] of histories)
    events.forEach(({ seq }, index) => {
      if (seq !== index + 1) gaps.push(`${id}: event ${index + 1} has seq ${seq}`)
      if (!seen.has(`${id} ${seq}`)) gaps.push(`${id}: event ${seq} is not in the feed`)
    })
  return gaps
}

/** From the deadline, or the end of the faults that it fell into, until the printer had the letter. */
function lateSecondsOf(events: EventView[], faults: Happened[]): number {
  const handedOver = events.find(({ type }) => type === 'handedOver')
  const deadlines = events.filter(
    ({ type }) => type === 'notified' || type === 'waitsWithoutNotice' || type === 'deadlineMoved',
  )
  const last = deadlines.at(-1)
  if (!handedOver || !last) return 0
  let from = Math.max(Date.parse(String(last.data['deadlineAt'])), Date.parse(last.at))
  for (const { from: begins, to } of faults.toSorted((a, b) => a.from - b.from))
    if (begins <= from && to > from) from = to
  return Math.max(0, (Date.parse(handedOver.at) - from) / 1000)
}

function weaknessesOf(given: {
  evidence: Evidence
  kills: Record<Target, number>
  sides: { read: number; printed: number }
  letters: number
  maxLateSeconds: number
}): string[] {
  const { evidence, kills, sides, letters, maxLateSeconds } = given
  const weak: string[] = []
  for (const target of targets)
    if (kills[target] < letters / 50) weak.push(`${target} was killed ${kills[target]} times, not ${letters / 50}`)
  for (const kind of kinds) {
    const number = evidence.told.filter(({ letter }) => letter.kind === kind).length
    if (number < letters / 20) weak.push(`only ${number} letters of the kind ${kind}`)
  }
  if (evidence.told.length < letters) weak.push(`only ${evidence.told.length} of ${letters} letters were sent`)
  if (sides.read === 0 || sides.printed === 0)
    weak.push(`reads at the deadline fell on one side only (${sides.read} read, ${sides.printed} printed)`)
  if (maxLateSeconds > mostLateSeconds)
    weak.push(`a letter was ${maxLateSeconds.toFixed(1)} s late; ${mostLateSeconds} are allowed`)
  return weak
}

function seqOf(events: EventView[], type: string): number {
  return events.find((event) => event.type === type)?.seq ?? Infinity
}

import { describe, expect, it } from 'vitest'
import { eventText, periodText } from '../../domain/event-text.ts'
import { eventTypes, statusAfter } from '../../domain/events.ts'
import type { ShipmentEvent } from '../../domain/events.ts'
import { nextAction } from '../../domain/next-action.ts'
import { nextStep } from '../../domain/next-step.ts'
import type { DecidingFacts } from '../../domain/next-step.ts'
import { problemCodes, whatToDo } from '../../domain/problems.ts'
import { canBecome, isBeforeHandOver, statuses } from '../../domain/status.ts'

const now = '2026-11-24T12:00:00.000Z'
const later = '2026-11-26T12:00:00.000Z'
const facts = (changed: Partial<DecidingFacts> = {}): DecidingFacts => ({
  status: 'notified',
  closed: false,
  problem: null,
  validated: true,
  stored: true,
  converted: true,
  merged: true,
  hasDigitalId: true,
  digitalOnly: false,
  printAskedFor: false,
  noNotice: false,
  deadlineAt: later,
  ...changed,
})

describe('what happens next follows from the facts alone', () => {
  const received = { status: 'received', deadlineAt: null } as const
  const accepted = { status: 'accepted', deadlineAt: null } as const
  const cases: [what: string, changed: Partial<DecidingFacts>, step: string][] = [
    ['nothing done', { ...received, validated: false, stored: false, converted: false, merged: false }, 'validate'],
    ['validated', { ...received, stored: false, converted: false, merged: false }, 'store'],
    ['stored', { ...received, converted: false, merged: false }, 'convert'],
    ['converted', { ...received, merged: false }, 'merge'],
    ['merged', received, 'accept'],
    ['accepted', accepted, 'notify'],
    ['accepted, without a digital id', { ...accepted, hasDigitalId: false }, 'becomeDue'],
    ['accepted, print asked for', { ...accepted, printAskedFor: true }, 'becomeDue'],
    ['accepted, nobody to notify', { ...accepted, noNotice: true }, 'becomeDue'],
    ['accepted, nobody to notify, and it waits', { ...accepted, noNotice: true, deadlineAt: later }, 'wait'],
    ['notified', {}, 'wait'],
    ['notified, at its deadline', { deadlineAt: now }, 'becomeDue'],
    ['notified, print asked for', { printAskedFor: true }, 'becomeDue'],
    ['digital only, print asked for', { printAskedFor: true, digitalOnly: true }, 'wait'],
    ['due for print', { status: 'dueForPrint' }, 'print'],
    ['handing over', { status: 'handingOver' }, 'print'],
    ['read', { status: 'read' }, 'issueReadReceipt'],
    ['with a problem', { status: 'handingOver', problem: 'HandOverUnknown' }, 'askPerson'],
    ['closed', { status: 'read', closed: true }, 'end'],
    ['sent to print', { status: 'sentToPrint', closed: true }, 'end'],
  ]
  for (const [what, changed, step] of cases) it(what, () => expect(nextStep(facts(changed), now)).toBe(step))
})

it('every answer says what it waits for, until when, and why', () => {
  const period = { unreadPeriod: { amount: 2, unit: 'days' }, unreadPeriodSource: 'account' } as const
  expect(nextAction({ ...facts(), ...period }, now)).toEqual({
    what: 'print',
    notBefore: later,
    because:
      'Not read yet. The unread period is 2 days, set by the account. If it is still unread then, it is printed.',
  })
  expect(nextAction({ ...facts({ problem: 'PrinterRefused' }), ...period }, now)).toMatchObject({
    what: 'askPerson',
    because: whatToDo.PrinterRefused,
  })
  for (const status of statuses) expect(nextAction({ ...facts({ status }), ...period }, now).because).not.toBe('')
})

describe('statuses', () => {
  it('a read, recall or manual handling wins from every state before the hand-over, and from none after the claim', () => {
    for (const status of statuses) {
      for (const end of ['recalled', 'handledManually'] as const)
        expect(canBecome(status, end), `${status} to ${end}`).toBe(
          isBeforeHandOver(status) || status === end || (status === 'printFailed' && end === 'handledManually'),
        )
    }
    expect(statuses.filter((status) => canBecome(status, 'sentToPrint'))).toEqual(['handingOver', 'sentToPrint'])
  })

  it('only what is due can be claimed', () => {
    expect(statuses.filter((status) => canBecome(status, 'handingOver'))).toEqual(['dueForPrint', 'handingOver'])
  })

  it('what has ended stays ended', () => {
    for (const final of ['rejected', 'read', 'recalled', 'handledManually', 'posted'] as const)
      expect(statuses.filter((status) => canBecome(final, status))).toEqual([final])
  })
})

describe('events', () => {
  const deadline = {
    period: { amount: 40, unit: 'workingHours' },
    source: 'account',
    deadlineAt: '2026-11-26T12:00:00.000Z',
  } as const
  const read = (after: 'handOver' | null): ShipmentEvent => ({
    type: 'read',
    data: { readAt: '2017-10-18T21:21:41Z', system: 'arkiv', after },
  })
  const samples: ShipmentEvent[] = [
    { type: 'received', data: { documents: 1 } },
    { type: 'metadataValidated', data: { ruleSet: 'v3' } },
    { type: 'originalsStored', data: { documents: 1 } },
    { type: 'documentsConverted', data: { converted: 0 } },
    { type: 'letterMade', data: { pages: 2 } },
    { type: 'accepted', data: {} },
    { type: 'rejected', data: { reasons: [{ document: 1, code: 'encryptedPdf' }] } },
    { type: 'madeReadable', data: {} },
    { type: 'notified', data: deadline },
    { type: 'noticeImpossible', data: { reason: 'noEmail', outcome: 'print' } },
    { type: 'waitsWithoutNotice', data: { reason: 'refusedForGood', ...deadline } },
    read(null),
    { type: 'readReceiptIssued', data: { readAt: now } },
    { type: 'unreadPeriodSet', data: { period: { amount: 1, unit: 'days' } } },
    { type: 'deadlineMoved', data: { ...deadline, backTo: null } },
    { type: 'printAskedFor', data: {} },
    { type: 'dueForPrint', data: { because: 'unread' } },
    { type: 'handOverBegun', data: { attempt: 1 } },
    { type: 'handOverTakenBack', data: { attempt: 1, to: 'dueForPrint' } },
    { type: 'handedOver', data: { attempt: 1, sheets: 1 } },
    { type: 'notReadInTime', data: {} },
    { type: 'recalled', data: {} },
    { type: 'handledManually', data: {} },
    { type: 'problemArose', data: { code: 'StepFailing', step: 'store' } },
    { type: 'retried', data: { code: 'StepFailing', handOver: null } },
  ]

  it('each has a text, and is in the list', () => {
    expect(samples.map(({ type }) => type)).toEqual([...eventTypes])
    for (const event of samples) expect(eventText(event)).toMatch(/^[A-ZÆØÅ]/)
  })

  it("where the fact is the same, the text is KS SvarUt's to the letter", () => {
    const texts = samples.map((event) => eventText(event))
    expect(texts.slice(0, 6).filter((_, index) => index !== 3)).toEqual([
      'Mottatt, og tildelt forsendelse-id',
      'Metadata er validert OK',
      'Orginaldokumenter er lagret (1 dokument)',
      'Forsendelsesfil generert',
      'Akseptert for ekspedering',
    ])
    expect(texts).toContain('Lesefrist utløpt.')
    expect(eventText(read(null), { reader: '11111111111' })).toBe(
      "Lest eksternt 18.10.2017 23:21:41 av 11111111111 i systemet 'arkiv'",
    )
  })

  it('handles one and many', () => {
    expect(eventText({ type: 'originalsStored', data: { documents: 2 } })).toBe(
      'Orginaldokumenter er lagret (2 dokumenter)',
    )
    expect([1, 2].map((amount) => periodText({ amount, unit: 'workingHours' }))).toEqual([
      '1 time på virkedager',
      '2 timer på virkedager',
    ])
  })

  it('a read after the claim leaves the status as it is, and a hand-over taken back goes where it was decided', () => {
    expect(statusAfter(read('handOver'), 'sentToPrint')).toBe('sentToPrint')
    expect(statusAfter(read(null), 'notified')).toBe('read')
    expect(statusAfter({ type: 'handOverTakenBack', data: { attempt: 1, to: 'read' } }, 'handingOver')).toBe('read')
    expect(
      statusAfter({ type: 'retried', data: { code: 'HandOverUnknown', handOver: 'sentToPrint' } }, 'handingOver'),
    ).toBe('sentToPrint')
    expect(statusAfter({ type: 'retried', data: { code: 'StepFailing', handOver: null } }, 'received')).toBe('received')
  })
})

it('every problem says what to do', () => {
  for (const code of problemCodes) expect(whatToDo[code]).toMatch(/POST \/(retry|handled)/)
})

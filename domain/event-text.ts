import type { DueReason, NoNoticeReason, RejectionReason, ShipmentEvent } from './events.ts'
import { osloWallClock } from './norwegian-calendar.ts'
import { whatToDo } from './problems.ts'
import type { PeriodSource, PeriodUnit, UnreadPeriod } from './shipment.ts'

/**
 * The Norwegian log line of an event, rendered when it is read. Lines marked KS are KS SvarUt's own words, spelling included.
 * @see KS SvarUt, message log as shown at NOKIOS 2013 and in answers recorded by Telemark fylkeskommune 2017
 */
export function eventText(event: ShipmentEvent, about: { reader?: string | undefined } = {}): string {
  switch (event.type) {
    case 'received':
      return 'Mottatt, og tildelt forsendelse-id' // KS
    case 'metadataValidated':
      return 'Metadata er validert OK' // KS
    case 'originalsStored':
      return `Orginaldokumenter er lagret (${documents(event.data.documents)})` // KS
    case 'documentsConverted':
      return event.data.converted === 0
        ? 'Ingen dokumenter trengte konvertering'
        : `Konvertert til PDF (${documents(event.data.converted)})`
    case 'letterMade':
      return 'Forsendelsesfil generert' // KS
    case 'accepted':
      return 'Akseptert for ekspedering' // KS
    case 'rejected':
      return `Avvist: ${event.data.reasons.map(rejection).join(', ')}`
    case 'madeReadable':
      return 'Brevet kan leses av mottakeren'
    case 'notified':
      return `Varsel sendt på e-post. Lesefristen er ${periodText(event.data.period)} (${sources[event.data.source]}) og utløper ${time(event.data.deadlineAt)}.`
    case 'noticeImpossible':
      return `${noNotice[event.data.reason]} ${event.data.outcome === 'print' ? 'Brevet skrives ut.' : 'Brevet skal bare leveres digitalt og regnes som ikke levert.'}`
    case 'waitsWithoutNotice':
      return `${noNotice[event.data.reason]} Brevet venter ulest til ${time(event.data.deadlineAt)}.`
    case 'read':
      return readText(event.data, about.reader)
    case 'readReceiptIssued':
      return 'Lesekvittering gitt til avsender'
    case 'unreadPeriodSet':
      return `Lesefristen er satt til ${periodText(event.data.period)}`
    case 'deadlineMoved':
      return `Lesefristen er endret til ${periodText(event.data.period)} (${sources[event.data.source]}) og utløper ${time(event.data.deadlineAt)}.`
    case 'printAskedFor':
      return 'Utskrift er bestilt av avsender'
    case 'dueForPrint':
      return due[event.data.because]
    case 'handOverBegun':
      return 'Overlevering til trykkeri er påbegynt'
    case 'handOverTakenBack':
      return event.data.to === 'read'
        ? 'Trykkeriet har ikke mottatt brevet; det er lest, og skrives ikke ut'
        : 'Trykkeriet har ikke mottatt brevet; overleveringen er tatt tilbake'
    case 'handedOver':
      return `Sendt til trykkeri (${event.data.sheets} ark)`
    case 'notReadInTime':
      return 'Lesefrist utløpt. Brevet er sendt digitalt og ikke lest.'
    case 'recalled':
      return 'Tilbakekalt av avsender'
    case 'handledManually':
      return 'Satt til manuelt håndtert'
    case 'problemArose':
      return `Stanset (${event.data.code}): ${whatToDo[event.data.code]}`
    case 'retried':
      return 'Forsøkes på nytt'
    default:
      return event satisfies never
  }
}

const sources: Record<PeriodSource, string> = {
  installation: 'felles innstilling',
  account: 'kontoens innstilling',
  shipment: 'satt på forsendelsen',
}

const due: Record<DueReason, string> = {
  unread: 'Lesefrist utløpt.', // KS
  noDigitalId: 'Mottakeren har ingen digital id. Brevet skrives ut.',
  noNotice: 'Mottakeren kan ikke varsles. Brevet skrives ut.',
  askedFor: 'Brevet skrives ut etter ønske fra avsender.',
}

const noNotice: Record<NoNoticeReason, string> = {
  noEmail: 'Mottakeren har ingen kjent e-postadresse.',
  refusedForGood: 'E-postadressen avviser varselet for godt.',
}

const units: Record<PeriodUnit, [one: string, more: string]> = {
  workingHours: ['time på virkedager', 'timer på virkedager'],
  workingDays: ['virkedag', 'virkedager'],
  days: ['døgn', 'døgn'],
  hours: ['time', 'timer'],
  minutes: ['minutt', 'minutter'],
  seconds: ['sekund', 'sekunder'],
}

export function periodText(period: UnreadPeriod): string {
  const [one, more] = units[period.unit]
  return `${period.amount} ${period.amount === 1 ? one : more}`
}

function documents(number: number): string {
  return `${number} ${number === 1 ? 'dokument' : 'dokumenter'}`
}

function rejection(reason: RejectionReason): string {
  return `dokument ${reason.document} (${reason.code})`
}

type ReadData = Extract<ShipmentEvent, { type: 'read' }>['data']

/** The first half is KS' wording of a read reported from outside; our sender has no account name of KS' kind to add. */
function readText(data: ReadData, reader: string | undefined): string {
  const read = `Lest eksternt ${time(data.readAt)} av ${reader ?? 'ukjent'} i systemet '${data.system}'` // KS
  if (!data.after) return read
  return data.after === 'handOver'
    ? `${read}, etter at brevet var overlevert til trykkeri`
    : `${read}, etter manuell håndtering`
}

/** dd.MM.yyyy HH:mm:ss in Oslo, as KS' log writes it. */
function time(iso: string): string {
  const at = osloWallClock(new Date(iso))
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(at.day)}.${two(at.month)}.${at.year} ${two(at.hour)}:${two(at.minute)}:${two(at.second)}`
}

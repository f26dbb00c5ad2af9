/*
 * Glossary, English and Norwegian:
 * shipment = forsendelse, account = konto (the sending body), sender system = avgivende system, recipient = mottaker,
 * letter = forsendelsesfil (the merged PDF), unread period = lesefrist, notice = varsel, giro page = giroark,
 * cost code = konteringskode, letter type = brevtype, digital only = kun digital levering,
 * recalled = tilbakekalt, handled manually = manuelt håndtert, hand-over = overlevering til trykkeri.
 */

export const periodUnits = ['workingHours', 'workingDays', 'days', 'hours', 'minutes', 'seconds'] as const
export type PeriodUnit = (typeof periodUnits)[number]

/** How long a letter may lie unread before it goes to print. */
export type UnreadPeriod = { amount: number; unit: PeriodUnit }

/** Where a resolved unread period came from; the nearest to the shipment wins. */
export const periodSources = ['installation', 'account', 'shipment'] as const
export type PeriodSource = (typeof periodSources)[number]

/** 40 hours on working days. @see KS SvarUt, endringer 22.03.2016 */
export const defaultUnreadPeriod: UnreadPeriod = { amount: 40, unit: 'workingHours' }

/** Whether a letter whose recipient can't be notified goes to print at once or waits unread. */
export const withoutNoticeChoices = ['print', 'wait'] as const
export type WithoutNotice = (typeof withoutNoticeChoices)[number]

export const languages = ['nb', 'nn', 'en'] as const
export type Language = (typeof languages)[number]

export const securityLevels = ['substantial', 'high'] as const
export type SecurityLevel = (typeof securityLevels)[number]

export const letterTypes = ['A', 'B', 'registered'] as const
export type LetterType = (typeof letterTypes)[number]

export type PostalAddress = {
  /** One to three lines, without the name. */
  lines: string[]
  postalCode?: string | undefined
  city: string
  /** ISO 3166-1 alpha-2; absent means Norway. */
  country?: string | undefined
}

export type Recipient = {
  /** Birth number or D-number. */
  personId?: string | undefined
  organisationId?: string | undefined
  name: string
  address?: PostalAddress | undefined
  email?: string | undefined
  mobile?: string | undefined
  language?: Language | undefined
}

export type DocumentMetadata = {
  fileName: string
  mimeType: string
  excludeFromPrint?: boolean | undefined
  sensitive?: boolean | undefined
  /** Page numbers, from 1, that are printed on giro sheets. */
  giroPages?: number[] | undefined
}

export type PrintOptions = {
  colour?: boolean | undefined
  duplex?: boolean | undefined
  letterType?: LetterType | undefined
}

/** What a sender asks for, as it stands in the part `shipment` of an intake. */
export type ShipmentRequest = {
  /** The client's own choice of id, a UUID. */
  id?: string | undefined
  title: string
  recipient: Recipient
  documents: DocumentMetadata[]
  senderSystem?: string | undefined
  externalReference?: string | undefined
  correlationId?: string | undefined
  costCode?: string | undefined
  digitalOnly?: boolean | undefined
  securityLevel?: SecurityLevel | undefined
  /** Birth, D- or organisation numbers of others who may fetch the letter. */
  visibleTo?: string[] | undefined
  print?: PrintOptions | undefined
  unreadPeriod?: UnreadPeriod | undefined
}

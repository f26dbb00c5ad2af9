import { checkUnreadPeriod } from './deadlines.ts'
import { isOrganisationId, isPersonId, kindOfId } from './national-id.ts'
import type { DocumentMetadata, PostalAddress, Recipient, ShipmentRequest } from './shipment.ts'

export type RuleViolation = {
  /** JSON Pointer (RFC 6901) into the shipment. */
  pointer: string
  code: string
  message: string
}

export type RuleSettings = { allowSynthetic: boolean; allowShort: boolean }

/** The rules of KS SvarUt's REST V3, with our own limits; the name stands on every shipment that was let in under them. */
export const ruleSet = 'v3'

/** Everything of a shipment that can be printed; the larger reading of MB. @see KS SvarUt, endringer 20.06.2016: 350 MB */
export const maxShipmentBytes = 350 * 1024 * 1024

/** Ours, V3 has none: what is beyond a bound is counted, not looked at, so that no request costs much to refuse. */
const maxDocuments = 100
const maxReaders = 100
const maxAddressLines = 3
/** @see KS SvarUt, forsendelse-send-api-v3 (2026-03-09) */
const fileNameLength = 226
const forbiddenInFileName = /["<>?*|:\\/]/
const costCodePattern = /^[a-zA-Z0-9\-._øæåØÆÅ]{0,20}$/
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** Control characters, line and paragraph separators, halves of characters: Postgres refuses some, an envelope shows none. */
const notOfALine = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u
/** Without what a mail header reads as a list, a group or a comment. @see RFC 5322 § 3.2.3, specials */
const emailPattern = /^[^\s@<>"(),:;[\]\\]+@[^\s@<>"(),:;[\]\\.]+(\.[^\s@<>"(),:;[\]\\.]+)+$/
const mobilePattern = /^(\+[1-9]\d{6,14}|\d{8})$/

/**
 * Every rule that the metadata breaks, all at once. Unlike V3: mime types other than PDF are let in, since we convert them, and
 * the security level high asks for no encryption by the sender, which our API doesn't have.
 */
export function validateShipment(request: ShipmentRequest, settings: RuleSettings): RuleViolation[] {
  return [
    ...(request.id !== undefined && !uuidPattern.test(request.id)
      ? [violation('/id', 'idFormat', 'id must be a UUID')]
      : []),
    ...ofText(request.title, { pointer: '/title', name: 'title', least: 1, most: 1000 }),
    ...ofRecipient(request, settings),
    ...ofDocuments(request),
    ...ofReferences(request),
    ...ofReaders(request.visibleTo ?? [], settings),
    ...ofPeriod(request, settings),
  ]
}

function ofRecipient({ recipient, digitalOnly }: ShipmentRequest, { allowSynthetic }: RuleSettings): RuleViolation[] {
  const found = ofText(recipient.name, { pointer: '/recipient/name', name: 'recipient.name', least: 1, most: 100 })
  const at = (field: string, code: string, message: string) =>
    found.push(violation(`/recipient/${field}`, code, message))
  if (recipient.personId !== undefined && recipient.organisationId !== undefined)
    at('organisationId', 'twoRecipientIds', 'recipient has both personId and organisationId: give one')
  if (recipient.personId !== undefined && !isPersonId(recipient.personId, { allowSynthetic }))
    at(
      'personId',
      'personIdInvalid',
      'recipient.personId must be a birth number or D-number with a real date and right check digits',
    )
  if (recipient.organisationId !== undefined && !isOrganisationId(recipient.organisationId))
    at(
      'organisationId',
      'organisationIdInvalid',
      'recipient.organisationId must be nine digits with a right check digit',
    )
  if (digitalOnly && recipient.personId === undefined && recipient.organisationId === undefined)
    at('personId', 'digitalIdMissing', 'a digital-only shipment needs recipient.personId or recipient.organisationId')
  // V3 asks for an address of print shipments only; ours must be printable whenever they may fall back to paper.
  if (!digitalOnly && !recipient.address)
    at('address', 'addressMissing', 'recipient.address is required unless the shipment is digital only')
  return [...found, ...ofAddress(recipient.address), ...ofContact(recipient)]
}

function ofAddress(address: PostalAddress | undefined): RuleViolation[] {
  if (!address) return []
  const base = '/recipient/address'
  const found: RuleViolation[] = []
  if (address.lines.length < 1 || address.lines.length > maxAddressLines)
    found.push(violation(`${base}/lines`, 'addressLines', 'recipient.address.lines must be one to three lines'))
  address.lines.slice(0, maxAddressLines).forEach((line, index) =>
    found.push(
      ...ofText(line, {
        pointer: `${base}/lines/${index}`,
        name: `recipient.address.lines[${index}]`,
        least: 1,
        most: 70,
      }),
    ),
  )
  found.push(...ofText(address.city, { pointer: `${base}/city`, name: 'recipient.address.city', least: 1, most: 70 }))
  const isNorwegian = address.country === undefined || address.country === 'NO'
  if (address.country !== undefined && !/^[A-Z]{2}$/.test(address.country))
    found.push(
      violation(
        `${base}/country`,
        'countryFormat',
        'recipient.address.country must be two capital letters (ISO 3166-1)',
      ),
    )
  if (isNorwegian && !/^\d{4}$/.test(address.postalCode ?? ''))
    found.push(
      violation(`${base}/postalCode`, 'postalCodeFormat', 'recipient.address.postalCode must be four digits in Norway'),
    )
  if (!isNorwegian && address.postalCode !== undefined)
    found.push(
      ...ofText(address.postalCode, {
        pointer: `${base}/postalCode`,
        name: 'recipient.address.postalCode',
        least: 0,
        most: 20,
      }),
    )
  return found
}

function ofContact({ email, mobile }: Recipient): RuleViolation[] {
  return [
    ...(email !== undefined && (email.length > 254 || notOfALine.test(email) || !emailPattern.test(email))
      ? [violation('/recipient/email', 'emailFormat', 'recipient.email must be an e-mail address')]
      : []),
    ...(mobile !== undefined && !mobilePattern.test(mobile)
      ? [
          violation(
            '/recipient/mobile',
            'mobileFormat',
            'recipient.mobile must be +country and number, or eight digits',
          ),
        ]
      : []),
  ]
}

function ofDocuments({ documents, digitalOnly }: ShipmentRequest): RuleViolation[] {
  const found: RuleViolation[] = []
  if (documents.length < 1 || documents.length > maxDocuments)
    found.push(violation('/documents', 'documentCount', `documents must be 1 to ${maxDocuments}`))
  const seen = new Map<string, number>()
  documents.slice(0, maxDocuments).forEach((document, index) => {
    found.push(...ofDocument(document, index))
    const name = document.fileName.normalize('NFC').toLowerCase()
    const first = seen.get(name)
    if (first !== undefined)
      found.push(
        violation(
          `/documents/${index}/fileName`,
          'fileNameTwice',
          `documents[${index}].fileName is the same as documents[${first}].fileName, ignoring case`,
        ),
      )
    else seen.set(name, index)
  })
  if (!digitalOnly && documents.length > 0 && documents.every((document) => document.excludeFromPrint))
    found.push(
      violation(
        '/documents',
        'nothingToPrint',
        'every document is excluded from print, so the shipment must be digital only',
      ),
    )
  return found
}

function ofDocument(document: DocumentMetadata, index: number): RuleViolation[] {
  const base = `/documents/${index}`
  const name = `documents[${index}]`
  const found = length(document.fileName, {
    pointer: `${base}/fileName`,
    name: `${name}.fileName`,
    least: 1,
    most: fileNameLength,
  })
  if (forbiddenInFileName.test(document.fileName) || notOfALine.test(document.fileName))
    found.push(
      violation(
        `${base}/fileName`,
        'fileNameCharacters',
        `${name}.fileName must not hold any of " < > ? * | : \\ / or control characters`,
      ),
    )
  if (document.mimeType.length > 127 || !/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(document.mimeType))
    found.push(
      violation(`${base}/mimeType`, 'mimeTypeFormat', `${name}.mimeType must be type/subtype, at most 127 characters`),
    )
  const giroPages = document.giroPages ?? []
  if (giroPages.some((page) => !Number.isSafeInteger(page) || page < 1) || new Set(giroPages).size !== giroPages.length)
    found.push(violation(`${base}/giroPages`, 'giroPages', `${name}.giroPages must be page numbers from 1, each once`))
  return found
}

function ofReferences(request: ShipmentRequest): RuleViolation[] {
  // V3 asks for one character at least; eFormidling sends an empty sender system.
  const references = ['senderSystem', 'externalReference', 'correlationId'] as const
  return [
    ...references.flatMap((field) => {
      const value = request[field]
      return value === undefined ? [] : ofText(value, { pointer: `/${field}`, name: field, least: 0, most: 100 })
    }),
    ...(request.costCode !== undefined && !costCodePattern.test(request.costCode)
      ? [violation('/costCode', 'costCodeFormat', 'costCode must be at most 20 letters, digits, "-", "." or "_"')]
      : []),
  ]
}

function ofReaders(readers: string[], { allowSynthetic }: RuleSettings): RuleViolation[] {
  const found: RuleViolation[] = []
  if (readers.length > maxReaders)
    found.push(violation('/visibleTo', 'tooMany', `visibleTo must be at most ${maxReaders}`))
  const seen = new Set<string>()
  readers.slice(0, maxReaders).forEach((id, index) => {
    const valid = kindOfId(id) === 'person' ? isPersonId(id, { allowSynthetic }) : isOrganisationId(id)
    if (!valid)
      found.push(
        violation(
          `/visibleTo/${index}`,
          'readerInvalid',
          `visibleTo[${index}] must be a valid birth, D- or organisation number`,
        ),
      )
    if (seen.has(id))
      found.push(violation(`/visibleTo/${index}`, 'readerTwice', `visibleTo[${index}] stands there already`))
    seen.add(id)
  })
  return found
}

function ofPeriod({ unreadPeriod }: ShipmentRequest, settings: RuleSettings): RuleViolation[] {
  if (!unreadPeriod) return []
  const verdict = checkUnreadPeriod(unreadPeriod, settings)
  return verdict === 'ok' ? [] : [violation('/unreadPeriod', verdict.code, verdict.message)]
}

type Length = { pointer: string; name: string; least: number; most: number }

function ofText(value: string, limits: Length): RuleViolation[] {
  const { pointer, name } = limits
  return [
    ...length(value, limits),
    ...(notOfALine.test(value)
      ? [violation(pointer, 'textCharacters', `${name} must be one line, without control characters`)]
      : []),
  ]
}

function length(value: string, { pointer, name, least, most }: Length): RuleViolation[] {
  if (value.trim().length < least) return [violation(pointer, 'empty', `${name} must not be empty`)]
  return value.length > most ? [violation(pointer, 'tooLong', `${name} must be at most ${most} characters`)] : []
}

function violation(pointer: string, code: string, message: string): RuleViolation {
  return { pointer, code, message }
}

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

/** Everything of a shipment that can be printed. @see KS SvarUt, endringer 20.06.2016: 350 MB */
export const maxShipmentBytes = 350 * 1024 * 1024

const maxDocuments = 100
const maxReaders = 100
/** @see KS SvarUt, forsendelse-send-api-v3 (2026-03-09) */
const fileNameLength = 226
const forbiddenInFileName = /["<>?*|:\\/]/
const costCodePattern = /^[a-zA-Z0-9\-._øæåØÆÅ]{0,20}$/
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const emailPattern = /^[^\s@<>"]+@[^\s@<>".]+(\.[^\s@<>".]+)+$/
const mobilePattern = /^(\+[1-9]\d{6,14}|\d{8})$/

/** Every rule that the metadata breaks, all at once. Mime types other than PDF are let in: we convert them. */
export function validateShipment(request: ShipmentRequest, settings: RuleSettings): RuleViolation[] {
  return [
    ...(request.id !== undefined && !uuidPattern.test(request.id)
      ? [violation('/id', 'idFormat', 'id must be a UUID')]
      : []),
    ...length(request.title, { pointer: '/title', name: 'title', least: 1, most: 1000 }),
    ...ofRecipient(request, settings),
    ...ofDocuments(request),
    ...ofReferences(request),
    ...ofReaders(request.visibleTo ?? [], settings),
    ...ofPeriod(request, settings),
  ]
}

function ofRecipient({ recipient, digitalOnly }: ShipmentRequest, { allowSynthetic }: RuleSettings): RuleViolation[] {
  const found = length(recipient.name, { pointer: '/recipient/name', name: 'recipient.name', least: 1, most: 100 })
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
  if (address.lines.length < 1 || address.lines.length > 3)
    found.push(violation(`${base}/lines`, 'addressLines', 'recipient.address.lines must be one to three lines'))
  address.lines.forEach((line, index) =>
    found.push(
      ...length(line, {
        pointer: `${base}/lines/${index}`,
        name: `recipient.address.lines[${index}]`,
        least: 1,
        most: 70,
      }),
    ),
  )
  found.push(...length(address.city, { pointer: `${base}/city`, name: 'recipient.address.city', least: 1, most: 70 }))
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
  if (!isNorwegian && (address.postalCode ?? '').length > 20)
    found.push(violation(`${base}/postalCode`, 'tooLong', 'recipient.address.postalCode must be at most 20 characters'))
  return found
}

function ofContact({ email, mobile }: Recipient): RuleViolation[] {
  return [
    ...(email !== undefined && (email.length > 254 || !emailPattern.test(email))
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
  documents.forEach((document, index) => {
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
  // eslint-disable-next-line no-control-regex
  if (forbiddenInFileName.test(document.fileName) || /[\u0000-\u001f\u007f]/.test(document.fileName))
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
  const references = ['senderSystem', 'externalReference', 'correlationId'] as const
  return [
    ...references.flatMap((field) => {
      const value = request[field]
      return value === undefined ? [] : length(value, { pointer: `/${field}`, name: field, least: 0, most: 100 })
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
  readers.forEach((id, index) => {
    const valid = kindOfId(id) === 'person' ? isPersonId(id, { allowSynthetic }) : isOrganisationId(id)
    if (!valid)
      found.push(
        violation(
          `/visibleTo/${index}`,
          'readerInvalid',
          `visibleTo[${index}] must be a valid birth, D- or organisation number`,
        ),
      )
    if (readers.indexOf(id) !== index)
      found.push(violation(`/visibleTo/${index}`, 'readerTwice', `visibleTo[${index}] stands there already`))
  })
  return found
}

function ofPeriod({ unreadPeriod }: ShipmentRequest, settings: RuleSettings): RuleViolation[] {
  if (!unreadPeriod) return []
  const verdict = checkUnreadPeriod(unreadPeriod, settings)
  return verdict === 'ok' ? [] : [violation('/unreadPeriod', verdict.code, verdict.message)]
}

type Length = { pointer: string; name: string; least: number; most: number }

function length(value: string, { pointer, name, least, most }: Length): RuleViolation[] {
  if (value.trim().length < least) return [violation(pointer, 'empty', `${name} must not be empty`)]
  return value.length > most ? [violation(pointer, 'tooLong', `${name} must be at most ${most} characters`)] : []
}

function violation(pointer: string, code: string, message: string): RuleViolation {
  return { pointer, code, message }
}

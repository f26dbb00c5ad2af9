import { z } from '@hono/zod-openapi'
import { eventTypes } from '../domain/events.ts'
import { steps } from '../domain/next-step.ts'
import { problemCodes } from '../domain/problems.ts'
import {
  languages,
  letterTypes,
  periodSources,
  periodUnits,
  securityLevels,
  withoutNoticeChoices,
} from '../domain/shipment.ts'
import type { PostalAddress, ShipmentRequest, UnreadPeriod } from '../domain/shipment.ts'
import { statuses } from '../domain/status.ts'

/*
 * The shapes: names, types and closed lists. What a value must be beyond its type stands in domain/rules.ts and
 * domain/deadlines.ts, and only there.
 */

export const time = z.iso.datetime({ offset: true }).openapi({ example: '2026-11-24T12:00:00+01:00' })

export const unreadPeriod = z.strictObject({ amount: z.number(), unit: z.enum(periodUnits) }).openapi('UnreadPeriod', {
  description:
    'How long a letter may lie unread before it goes to print: a whole number, between 1 hour and 400 days. `workingHours` and `workingDays` count in Europe/Oslo, without Norwegian holidays. `minutes` and `seconds` exist where the installation allows them.',
  example: { amount: 40, unit: 'workingHours' },
}) satisfies z.ZodType<UnreadPeriod>

const postalAddress = z
  .strictObject({
    lines: z.array(z.string()).openapi({ description: 'One to three lines, without the name.' }),
    postalCode: z.string().optional().openapi({ description: 'Four digits in Norway.' }),
    city: z.string(),
    country: z.string().optional().openapi({ description: 'ISO 3166-1 alpha-2; Norway where absent.' }),
  })
  .openapi('PostalAddress') satisfies z.ZodType<PostalAddress>

const recipient = z
  .strictObject({
    personId: z.string().optional().openapi({ description: 'Birth number or D-number.' }),
    organisationId: z.string().optional(),
    name: z.string(),
    address: postalAddress.optional(),
    email: z.string().optional(),
    mobile: z.string().optional(),
    language: z.enum(languages).optional(),
  })
  .openapi('Recipient', { description: 'A person, an organisation, or only an address: then the letter is printed.' })

const documentMetadata = z
  .strictObject({
    fileName: z
      .string()
      .openapi({ description: 'At most 226 characters, none of " < > ? * | : \\ /, unique whatever its case.' }),
    mimeType: z.string(),
    excludeFromPrint: z.boolean().optional(),
    sensitive: z.boolean().optional(),
    giroPages: z.array(z.number()).optional().openapi({ description: 'Page numbers, from 1, printed on giro sheets.' }),
  })
  .openapi('DocumentMetadata')

const printOptions = z
  .strictObject({
    colour: z.boolean().optional(),
    duplex: z.boolean().optional(),
    letterType: z.enum(letterTypes).optional(),
  })
  .openapi('PrintOptions')

export const shipmentRequest = z
  .strictObject({
    id: z.uuid().optional().openapi({ description: "The sender's own choice; made by Postgang where absent." }),
    title: z.string(),
    recipient,
    documents: z.array(documentMetadata).openapi({ description: 'In the order of the files that follow.' }),
    senderSystem: z.string().optional().openapi({ description: "The API key's sender system where absent." }),
    externalReference: z.string().optional(),
    correlationId: z.string().optional(),
    costCode: z.string().optional(),
    digitalOnly: z.boolean().optional().openapi({ description: 'Never printed; ends with a status and a reason.' }),
    securityLevel: z.enum(securityLevels).optional(),
    visibleTo: z
      .array(z.string())
      .optional()
      .openapi({ description: 'Birth, D- or organisation numbers of others who may fetch the letter.' }),
    print: printOptions.optional(),
    unreadPeriod: unreadPeriod.optional(),
  })
  .openapi('ShipmentRequest', {
    example: {
      title: 'Vedtak om barnehageplass',
      recipient: {
        name: 'Kari Nordmann',
        address: { lines: ['Storgata 1'], postalCode: '0155', city: 'Oslo' },
      },
      documents: [{ fileName: 'vedtak.pdf', mimeType: 'application/pdf' }],
      externalReference: 'sak-2026-1234',
    },
  }) satisfies z.ZodType<ShipmentRequest>

export const nextAction = z.object({
  what: z.enum([...steps, 'nothing']),
  notBefore: time.nullable(),
  because: z.string(),
})

export const shipmentResource = z
  .object({
    id: z.uuid(),
    number: z.number().int().openapi({ description: 'Short and sayable, counted per account.' }),
    status: z.enum(statuses),
    createdAt: time,
    notifiedAt: time.nullable(),
    printDeadlineAt: time.nullable(),
    readAt: time.nullable(),
    nextAction: nextAction.openapi({ description: 'What the shipment waits for, until when, and why.' }),
    problem: z
      .object({ code: z.enum(problemCodes), step: z.string().nullable(), at: time, whatToDo: z.string() })
      .nullable()
      .openapi({ description: 'What stopped the shipment until a person acts.' }),
    rejectionReasons: z
      .array(z.object({ document: z.number().int(), code: z.string() }))
      .nullable()
      .openapi({ description: 'Why the documents could not be taken; only where the status is `rejected`.' }),
    title: z.string(),
    recipient: z.object({
      personId: z.string().nullable(),
      organisationId: z.string().nullable(),
      name: z.string(),
      address: z
        .object({
          lines: z.array(z.string()),
          postalCode: z.string().nullable(),
          city: z.string(),
          country: z.string().nullable(),
        })
        .nullable(),
      email: z.string().nullable(),
      mobile: z.string().nullable(),
      language: z.enum(languages).nullable(),
    }),
    documents: z.array(
      z.object({
        fileName: z.string(),
        mimeType: z.string(),
        excludeFromPrint: z.boolean(),
        sensitive: z.boolean(),
        giroPages: z.array(z.number().int()),
      }),
    ),
    senderSystem: z.string(),
    externalReference: z.string().nullable(),
    correlationId: z.string().nullable(),
    costCode: z.string().nullable(),
    digitalOnly: z.boolean(),
    securityLevel: z.enum(securityLevels).nullable(),
    visibleTo: z.array(z.string()),
    print: z.object({
      colour: z.boolean().nullable(),
      duplex: z.boolean().nullable(),
      letterType: z.enum(letterTypes).nullable(),
    }),
    unreadPeriod: unreadPeriod.nullable().openapi({ description: "The shipment's own; null where a setting holds." }),
  })
  .openapi('Shipment', { description: 'Everything is always there; null where it is not set or has not happened.' })
export type ShipmentResource = z.infer<typeof shipmentResource>

const event = {
  seq: z.number().int().openapi({ description: 'From 1, within the shipment.' }),
  type: z.enum(eventTypes),
  at: time,
  actor: z.string().openapi({ description: '`postgang`, or the sender system that did it.' }),
  text: z.string().openapi({ description: 'In the words of the trade, Norwegian.' }),
  data: z.record(z.string(), z.unknown()),
}

export const shipmentEvent = z.object(event).openapi('ShipmentEvent')
export type EventResource = z.infer<typeof shipmentEvent>

export const accountEvent = z
  .object({
    position: z.number().int().openapi({ description: 'In the one order of all events of the account.' }),
    shipmentId: z.uuid(),
    shipmentNumber: z.number().int(),
    externalReference: z.string().nullable(),
    ...event,
  })
  .openapi('AccountEvent')
export type AccountEventResource = z.infer<typeof accountEvent>

export const settings = z
  .strictObject({
    unreadPeriod: unreadPeriod.nullable().openapi({ description: "null: the installation's period holds." }),
    withoutNotice: z
      .enum(withoutNoticeChoices)
      .openapi({ description: 'What happens to a letter whose recipient can not be notified.' }),
  })
  .openapi('Settings')

/** What is left out stays as it is; what only the answer holds may be sent back, and is ignored. */
export const settingsChange = settings
  .partial()
  .extend({
    revision: z.number().optional().openapi({ description: 'Read only.' }),
    inForce: z.unknown().optional().openapi({ description: 'Read only.' }),
  })
  .openapi('SettingsChange')

export const settingsNow = settings
  .extend({
    revision: z.number().int(),
    inForce: z.object({ period: unreadPeriod, source: z.enum(periodSources) }),
  })
  .openapi('SettingsNow')

export const problem = z
  .object({
    type: z.string(),
    code: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    errors: z
      .array(
        z.object({
          pointer: z.string().optional().openapi({ description: 'JSON Pointer (RFC 6901) into the body.' }),
          parameter: z.string().optional().openapi({ description: 'Name of a query, path or header parameter.' }),
          code: z.string(),
          detail: z.string(),
        }),
      )
      .optional(),
    requestId: z.string(),
  })
  .openapi('Problem', { description: 'RFC 9457' })

import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  customType,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { dueReasons, eventTypes } from '../domain/events.ts'
import { problemCodes } from '../domain/problems.ts'
import { languages, periodSources, securityLevels, withoutNoticeChoices } from '../domain/shipment.ts'
import type { PostalAddress, PrintOptions, UnreadPeriod } from '../domain/shipment.ts'
import { statuses } from '../domain/status.ts'

/** Scopes of an API key. */
export const scopes = ['send', 'read', 'manage'] as const
export type Scope = (typeof scopes)[number]

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

/** One row: what holds for everyone who sets nothing of his own. */
export const installation = pgTable('installation', {
  id: integer('id').primaryKey(),
  unreadPeriod: jsonb('unread_period').$type<UnreadPeriod>().notNull(),
})

export const account = pgTable('account', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  organisationId: text('organisation_id').notNull(),
  returnAddress: jsonb('return_address').$type<PostalAddress>().notNull(),
  unreadPeriod: jsonb('unread_period').$type<UnreadPeriod>(),
  withoutNotice: text('without_notice', { enum: withoutNoticeChoices }).notNull().default('print'),
  /** Raised by every change of the settings; a resolved period remembers the one it was resolved under. */
  settingsRevision: integer('settings_revision').notNull().default(0),
  createdAt: at('created_at').notNull().defaultNow(),
})

/** Numbers given under a lock of their own, so that settings and sending do not wait for each other. */
export const accountCounter = pgTable('account_counter', {
  accountId: uuid('account_id')
    .primaryKey()
    .references(() => account.id),
  lastNumber: integer('last_number').notNull().default(0),
  lastPosition: bigint('last_position', { mode: 'number' }).notNull().default(0),
})

export const apiKey = pgTable(
  'api_key',
  {
    id: uuid('id').primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    senderSystem: text('sender_system').notNull(),
    scopes: text('scopes', { enum: scopes }).array().notNull(),
    hash: bytea('hash').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    revokedAt: at('revoked_at'),
  },
  (table) => [unique('api_key_hash').on(table.hash)],
)

export const shipment = pgTable(
  'shipment',
  {
    id: uuid('id').primaryKey(),
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    /** Short and sayable, counted per account. */
    number: integer('number').notNull(),
    status: text('status', { enum: statuses }).notNull(),
    /** Raised by every commit of facts. */
    revision: integer('revision').notNull().default(1),
    /** The revision that the workflow last read. */
    seenRevision: integer('seen_revision').notNull().default(0),
    lastSeq: integer('last_seq').notNull().default(0),
    createdAt: at('created_at').notNull().defaultNow(),
    changedAt: at('changed_at').notNull().defaultNow(),
    /** Set when the workflow has nothing left to do. */
    closedAt: at('closed_at'),

    ruleSet: text('rule_set').notNull(),
    title: text('title').notNull(),
    recipientIdKind: text('recipient_id_kind', { enum: ['person', 'organisation'] }),
    recipientIdSealed: bytea('recipient_id_sealed'),
    recipientIdHash: bytea('recipient_id_hash'),
    recipientName: text('recipient_name').notNull(),
    recipientAddress: jsonb('recipient_address').$type<PostalAddress>(),
    recipientEmail: text('recipient_email'),
    recipientMobile: text('recipient_mobile'),
    recipientLanguage: text('recipient_language', { enum: languages }),
    senderSystem: text('sender_system').notNull(),
    externalReference: text('external_reference'),
    correlationId: text('correlation_id'),
    costCode: text('cost_code'),
    digitalOnly: boolean('digital_only').notNull(),
    securityLevel: text('security_level', { enum: securityLevels }),
    print: jsonb('print').$type<PrintOptions>().notNull(),
    ownUnreadPeriod: jsonb('own_unread_period').$type<UnreadPeriod>(),

    validatedAt: at('validated_at'),
    storedAt: at('stored_at'),
    convertedAt: at('converted_at'),
    acceptedAt: at('accepted_at'),
    letterBlobKey: text('letter_blob_key'),
    letterSha256: text('letter_sha256'),
    letterBytes: bigint('letter_bytes', { mode: 'number' }),
    letterPages: integer('letter_pages'),

    readableAt: at('readable_at'),
    notifiedAt: at('notified_at'),
    noNoticeReason: text('no_notice_reason', { enum: ['noEmail', 'refusedForGood'] }),
    /** What the unread period counts from: the notice, or the moment the letter became readable where there is none. */
    countsFromAt: at('counts_from_at'),
    unreadPeriod: jsonb('unread_period').$type<UnreadPeriod>(),
    unreadPeriodSource: text('unread_period_source', { enum: periodSources }),
    unreadPeriodRevision: integer('unread_period_revision'),
    printDeadlineAt: at('print_deadline_at'),
    printAskedAt: at('print_asked_at'),
    dueAt: at('due_at'),
    dueBecause: text('due_because', { enum: dueReasons }),

    /** Counts the claims; a printer's job is known by the shipment and this number. */
    printAttempt: integer('print_attempt').notNull().default(0),
    printLeaseToken: uuid('print_lease_token'),
    printLeaseUntil: at('print_lease_until'),
    handedOverAt: at('handed_over_at'),

    readAt: at('read_at'),
    readSystem: text('read_system'),
    recalledAt: at('recalled_at'),
    problem: text('problem', { enum: problemCodes }),
    problemStep: text('problem_step'),
    problemAt: at('problem_at'),
    problemCount: integer('problem_count').notNull().default(0),
  },
  (table) => [
    unique('shipment_number').on(table.accountId, table.number),
    // Lists are paged by number, newest first.
    index('shipment_status').on(table.accountId, table.status, table.number),
    index('shipment_external_reference').on(table.accountId, table.externalReference),
    index('shipment_correlation_id').on(table.accountId, table.correlationId),
    index('shipment_recipient').on(table.accountId, table.recipientIdHash),
    // What reconcile and the move of deadlines walk through; closed shipments are nearly all.
    index('shipment_open')
      .on(table.accountId, table.id)
      .where(sql`closed_at is null`),
    // How many letters the workers still owe their first steps: asked at each intake.
    index('shipment_unfinished')
      .on(table.createdAt)
      .where(sql`status in ('received', 'accepted') and readable_at is null`),
  ],
)

/** Others than the recipient who may fetch the letter. */
export const shipmentReader = pgTable(
  'shipment_reader',
  {
    shipmentId: uuid('shipment_id')
      .notNull()
      .references(() => shipment.id),
    position: integer('position').notNull(),
    idSealed: bytea('id_sealed').notNull(),
    idHash: bytea('id_hash').notNull(),
  },
  (table) => [primaryKey({ columns: [table.shipmentId, table.position] })],
)

export const document = pgTable(
  'document',
  {
    shipmentId: uuid('shipment_id')
      .notNull()
      .references(() => shipment.id),
    /** From 1, in the order sent. */
    number: integer('number').notNull(),
    fileName: text('file_name').notNull(),
    mimeType: text('mime_type').notNull(),
    excludeFromPrint: boolean('exclude_from_print').notNull(),
    sensitive: boolean('sensitive').notNull(),
    giroPages: integer('giro_pages').array().notNull(),
    blobKey: text('blob_key').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    sha256: text('sha256').notNull(),
    /** The document as PDF; the original's own key where it is one. */
    pdfBlobKey: text('pdf_blob_key'),
    pages: integer('pages'),
  },
  (table) => [
    primaryKey({ columns: [table.shipmentId, table.number] }),
    // The sweep asks which blobs a row names.
    index('document_blob').on(table.blobKey),
  ],
)

export const shipmentEvent = pgTable(
  'shipment_event',
  {
    shipmentId: uuid('shipment_id').notNull(),
    seq: integer('seq').notNull(),
    accountId: uuid('account_id').notNull(),
    /** The account's one order of all its events, given at commit. */
    position: bigint('position', { mode: 'number' }).notNull(),
    type: text('type', { enum: eventTypes }).notNull(),
    at: at('at').notNull(),
    actor: text('actor').notNull(),
    /** The fact's own name within the shipment: what is recorded twice stands once. */
    factKey: text('fact_key').notNull(),
    data: jsonb('data').notNull(),
    /** National id or name of the person the event is about, encrypted. */
    personSealed: bytea('person_sealed'),
  },
  (table) => [
    primaryKey({ columns: [table.shipmentId, table.seq] }),
    foreignKey({ columns: [table.shipmentId], foreignColumns: [shipment.id], name: 'shipment_event_shipment' }),
    unique('shipment_event_fact').on(table.shipmentId, table.factKey),
    unique('shipment_event_position').on(table.accountId, table.position),
  ],
)

/** Kept for 30 days. While `shipmentId` is empty, the holder of the lease is still at work. */
export const idempotencyKey = pgTable(
  'idempotency_key',
  {
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    key: text('key').notNull(),
    leaseToken: uuid('lease_token').notNull(),
    leaseUntil: at('lease_until').notNull(),
    contentHash: text('content_hash'),
    shipmentId: uuid('shipment_id'),
    answerSealed: bytea('answer_sealed'),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.key] })],
)

/** A change of the unread period that is being applied to the letters that already wait. */
export const periodMove = pgTable(
  'period_move',
  {
    accountId: uuid('account_id')
      .notNull()
      .references(() => account.id),
    /** The settings' revision that the move belongs to; it covers letters whose period was resolved under an earlier one. */
    revision: integer('revision').notNull(),
    period: jsonb('period').$type<UnreadPeriod>().notNull(),
    source: text('source', { enum: periodSources }).notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    doneAt: at('done_at'),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.revision] })],
)

/** Each worker says here that it lives and what it can do. */
export const worker = pgTable('worker', {
  id: text('id').primaryKey(),
  startedAt: at('started_at').notNull(),
  seenAt: at('seen_at').notNull(),
  abilities: jsonb('abilities').$type<WorkerAbilities>().notNull(),
})
export type WorkerAbilities = {
  taskQueues: string[]
  converts: string[]
  channels: string[]
  printers: string[]
  temporal: 'connected' | 'unreachable'
}

import { z } from 'zod'
import { parseKeyRing } from './domain/key-ring.ts'

/*
 * The only reader of the environment. Every variable stands here with its unit and default; `npm start` sets them all.
 * Each process takes the parts that it needs and starts only when they are right.
 */

const flag = z.stringbool().default(false)
const port = z.coerce.number().int().min(0).max(65_535)
const keyRing = z.string().transform((text, context) => {
  try {
    return parseKeyRing(text)
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
    return z.NEVER
  }
})

const database = z
  .object({
    /** postgres://user:password@host:port/database */
    DATABASE_URL: z.url(),
    /** Connections a process may hold. */
    DATABASE_MAX_CONNECTIONS: z.coerce.number().int().min(2).default(20),
    /** Milliseconds a statement may take. */
    DATABASE_STATEMENT_TIMEOUT_MS: z.coerce.number().int().min(1000).default(30_000),
  })
  .transform((env) => ({
    url: env.DATABASE_URL,
    maxConnections: env.DATABASE_MAX_CONNECTIONS,
    statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
  }))

const seal = z
  .object({
    /** Keys for national ids in the database: `id:base64` of 32 bytes each, comma between, the first encrypts. */
    DATA_KEYS: keyRing,
    /** Key of the look-up hash: base64 of 32 bytes. It can't be changed without hashing all rows anew. */
    DATA_HASH_KEY: z.base64().refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes as base64'),
  })
  .transform((env) => ({ keys: env.DATA_KEYS, hashKey: Buffer.from(env.DATA_HASH_KEY, 'base64') }))

const temporal = z
  .object({
    /** host:port of the Temporal frontend. */
    TEMPORAL_ADDRESS: z.string().min(1),
    TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
    /** Where operators find the Temporal UI; used in links. */
    TEMPORAL_UI_URL: z.url().optional(),
    /** Keys for payloads in Temporal, in the form of DATA_KEYS. */
    CODEC_KEYS: keyRing,
  })
  .transform((env) => ({
    address: env.TEMPORAL_ADDRESS,
    namespace: env.TEMPORAL_NAMESPACE,
    uiUrl: env.TEMPORAL_UI_URL,
    keyRing: env.CODEC_KEYS,
  }))

const blobs = z
  .object({
    /** Folder of the originals and letters; shared by API and workers. */
    BLOB_DIR: z.string().min(1),
  })
  .transform((env) => ({ dir: env.BLOB_DIR }))

const rules = z
  .object({
    /** Unread periods of minutes and seconds, from 1 second; never in production. */
    ALLOW_SHORT_PERIODS: flag,
    /** Synthetic birth numbers (month +80 or +40); never in production. */
    ALLOW_SYNTHETIC_IDS: flag,
  })
  .transform((env) => ({ allowShort: env.ALLOW_SHORT_PERIODS, allowSynthetic: env.ALLOW_SYNTHETIC_IDS }))

const intake = z
  .object({
    /** Letters that may wait for their first steps before the API refuses more with 503. */
    MAX_UNFINISHED_SHIPMENTS: z.coerce.number().int().min(1).default(10_000),
  })
  .transform((env) => ({ maxUnfinished: env.MAX_UNFINISHED_SHIPMENTS }))

const log = z
  .object({ LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info') })
  .transform((env) => ({ level: env.LOG_LEVEL }))

const http = z
  .object({
    API_HOST: z.string().default('127.0.0.1'),
    API_PORT: port.default(8080),
  })
  .transform((env) => ({ host: env.API_HOST, port: env.API_PORT }))

const printer = z
  .object({
    /** Folder that the printer's reader takes letters from. */
    PRINT_DIR: z.string().min(1),
    /** Journal of hand-overs; must lie outside PRINT_DIR and must not be lost. */
    PRINT_JOURNAL_DIR: z.string().min(1),
  })
  .refine((env) => env.PRINT_DIR !== env.PRINT_JOURNAL_DIR, {
    path: ['PRINT_JOURNAL_DIR'],
    message: 'must be another folder than PRINT_DIR: readers take files away there',
  })
  .transform((env) => ({ dir: env.PRINT_DIR, journalDir: env.PRINT_JOURNAL_DIR }))

const mail = z
  .object({
    /** smtp:// or smtps:// with user and password where needed. */
    SMTP_URL: z.url(),
    MAIL_FROM: z.email(),
    /** Milliseconds one notice may take. */
    SMTP_TIMEOUT_MS: z.coerce.number().int().min(1000).default(30_000),
  })
  .transform((env) => ({ smtpUrl: env.SMTP_URL, from: env.MAIL_FROM, timeoutMs: env.SMTP_TIMEOUT_MS }))

const moves = z
  .object({
    /** Waiting letters moved per second after a change of the unread period. */
    MOVES_PER_SECOND: z.coerce.number().int().min(1).default(100),
  })
  .transform((env) => ({ perSecond: env.MOVES_PER_SECOND }))

const codecServer = z
  .object({
    CODEC_HOST: z.string().default('127.0.0.1'),
    CODEC_PORT: port.default(8081),
    /** Origins of the Temporal UI that may ask, comma between. */
    UI_ORIGIN: z.string().default(''),
    CODEC_KEYS: keyRing,
  })
  .transform((env) => ({
    host: env.CODEC_HOST,
    port: env.CODEC_PORT,
    allowedOrigins: env.UI_ORIGIN.split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
    keyRing: env.CODEC_KEYS,
  }))

type Environment = Record<string, string | undefined>

export type DatabaseConfig = z.output<typeof database>
export type RulesConfig = z.output<typeof rules>

export const readApiConfig = (env: Environment = process.env) =>
  read({ database, seal, temporal, blobs, rules, intake, log, http }, env)
export type ApiConfig = ReturnType<typeof readApiConfig>

export const readWorkerConfig = (env: Environment = process.env) =>
  read({ database, seal, temporal, blobs, printer, mail, moves, log }, env)
export type WorkerConfig = ReturnType<typeof readWorkerConfig>

export const readCodecConfig = (env: Environment = process.env) => read({ codecServer, log }, env)

export const readDatabaseConfig = (env: Environment = process.env) => read({ database }, env)

/** Reads the parts a process needs. @throws Error naming every variable that is wrong, and how. */
function read<Parts extends Record<string, z.ZodType>>(
  parts: Parts,
  env: Environment,
): { [Name in keyof Parts]: z.output<Parts[Name]> } {
  const result = z.object({ ...parts }).safeParse(Object.fromEntries(Object.keys(parts).map((name) => [name, env])))
  if (result.success) return result.data as { [Name in keyof Parts]: z.output<Parts[Name]> }
  const wrong = result.error.issues.map((issue) => `${issue.path.slice(1).join('.')}: ${issue.message}`)
  throw new Error(`The environment is not complete:\n  ${wrong.join('\n  ')}\nEvery variable is described in config.ts`)
}

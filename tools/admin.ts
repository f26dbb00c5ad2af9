import { parseArgs } from 'node:util'
import { readDatabaseConfig } from '../config.ts'
import { openDatabase } from '../db/database.ts'
import type { Db } from '../db/database.ts'
import { createAccount, createKey, findAccount, listAccounts, listKeys, revokeKey } from '../db/keys.ts'
import { scopes } from '../db/schema.ts'
import type { Scope } from '../db/schema.ts'
import { isOrganisationId } from '../domain/national-id.ts'
import { takeEnvironment } from './environment.ts'

const usage = `Makes accounts and their API keys, in the database of DATABASE_URL, or where that isn't set of "npm start".

  account create --name <name> --organisation-id <nine digits>
                 --address-line <line> [--address-line <line>] --postal-code <four digits> --city <city>
                 The return address stands on every letter of the account.
  account list
  key create --account <id> --sender-system <name> --scopes <${scopes.join(',')}>
                 Shows the key, once.
  key revoke --id <id>
  key list

With npm: npm run admin -- account list`

export class UsageError extends Error {
  override name = 'UsageError'
}

type Values = Partial<Record<string, string | string[]>>
type Command = {
  options: Record<string, { type: 'string'; multiple?: boolean }>
  run: (db: Db, values: Values) => Promise<string[]>
}

const text = { type: 'string' } as const

const commands: Partial<Record<string, Command>> = {
  'account create': {
    options: {
      name: text,
      'organisation-id': text,
      'address-line': { type: 'string', multiple: true },
      'postal-code': text,
      city: text,
    },
    run: async (db, values) => {
      const { id, name } = await createAccount(db, {
        name: required(values, 'name'),
        organisationId: organisationId(required(values, 'organisation-id')),
        returnAddress: {
          lines: addressLines(values['address-line']),
          postalCode: postalCode(required(values, 'postal-code')),
          city: required(values, 'city'),
        },
      })
      return [`Account ${id} (${name})`]
    },
  },
  'account list': {
    options: {},
    run: async (db) => {
      const rows = await listAccounts(db)
      return rows.map((row) => `${row.id}  ${row.organisationId}  ${row.name}`)
    },
  },
  'key create': {
    options: { account: text, 'sender-system': text, scopes: text },
    run: async (db, values) => {
      const account = await findAccount(db, uuid(required(values, 'account'), 'account'))
      if (!account) throw new UsageError(`There is no account ${String(values.account)}: see "account list"`)
      const created = await createKey(db, {
        accountId: account.id,
        senderSystem: required(values, 'sender-system'),
        scopes: scopeList(required(values, 'scopes')),
      })
      return [`Key ${created.id} of ${account.name}. It is shown this once:`, created.key]
    },
  },
  'key revoke': {
    options: { id: text },
    run: async (db, values) => {
      const id = uuid(required(values, 'id'), 'id')
      if (!(await revokeKey(db, id)))
        throw new UsageError(`There is no key ${id} that could be revoked: see "key list"`)
      return [`Key ${id} is revoked`]
    },
  },
  'key list': {
    options: {},
    run: async (db) => {
      const rows = await listKeys(db)
      return rows.map(
        (row) =>
          `${row.id}  ${row.accountName}  ${row.senderSystem}  ${row.scopes.join(',')}  ${row.revokedAt ? `revoked ${row.revokedAt.toISOString()}` : 'in use'}`,
      )
    },
  },
}

/** Runs one command line. @returns what to print. @throws UsageError when the caller must write it differently. */
export async function administer(databaseUrl: () => string, args: string[]): Promise<string[]> {
  const command = commands[args.slice(0, 2).join(' ')]
  if (!command) throw new UsageError(usage)
  const values = parse(command, args.slice(2))
  const { db, close } = openDatabase({ url: databaseUrl(), maxConnections: 2, statementTimeoutMs: 30_000 })
  try {
    return await command.run(db, values)
  } finally {
    await close()
  }
}

function parse(command: Command, args: string[]): Values {
  try {
    return parseArgs({ args, options: command.options, strict: true }).values as Values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function required(values: Values, name: string): string {
  const value = values[name]
  if (typeof value === 'string' && value.trim() !== '') return value
  throw new UsageError(`--${name} is missing`)
}

function organisationId(value: string): string {
  if (isOrganisationId(value)) return value
  throw new UsageError(`--organisation-id must be nine digits with a right check digit, not "${value}"`)
}

function postalCode(value: string): string {
  if (/^\d{4}$/.test(value)) return value
  throw new UsageError(`--postal-code must be four digits, not "${value}"`)
}

function addressLines(value: string | string[] | undefined): string[] {
  const lines = [value ?? []].flat()
  if (lines.length >= 1 && lines.length <= 3 && lines.every((line) => line.trim() !== '')) return lines
  throw new UsageError('--address-line must be given one to three times')
}

function uuid(value: string, name: string): string {
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value)) return value
  throw new UsageError(`--${name} must be an id as the lists show it, not "${value}"`)
}

function scopeList(value: string): Scope[] {
  const asked = value.split(',')
  const known = scopes.filter((scope) => asked.includes(scope))
  if (known.length === asked.length) return known
  throw new UsageError(`--scopes must be some of ${scopes.join(',')}, with commas between, not "${value}"`)
}

async function main(): Promise<void> {
  takeEnvironment()
  try {
    const lines = await administer(() => readDatabaseConfig().database.url, process.argv.slice(2))
    for (const line of lines) console.log(line)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const { message } = error.cause instanceof Error ? error.cause : error
    console.error(error instanceof UsageError ? message : `Not done: ${message}`)
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
}

if (/[\\/]admin\.[jt]s$/.test(process.argv[1] ?? '')) await main()

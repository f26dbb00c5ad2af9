import { drizzle } from 'drizzle-orm/postgres-js'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { assertDriverIsPatched } from './driver-check.ts'
import * as schema from './schema.ts'

export type Db = PostgresJsDatabase<typeof schema>
/** A transaction under way; takes the same queries as `Db`. */
export type Tx = Parameters<Parameters<Db['transaction']>[0]>[0]

export type DatabaseOptions = {
  url: string
  maxConnections: number
  statementTimeoutMs: number
}

export type Database = { db: Db; close: () => Promise<void> }

/** Opens lazily: connections are made by the first query, and again after an outage. */
export function openDatabase(options: DatabaseOptions): Database {
  assertDriverIsPatched()
  const client = postgres(options.url, {
    max: options.maxConnections,
    connect_timeout: 5,
    // The default grows to 20 s, and with it the time until full speed after an outage.
    backoff: () => 0.2,
    onnotice: () => {},
    connection: {
      application_name: 'postgang',
      statement_timeout: options.statementTimeoutMs,
      idle_in_transaction_session_timeout: options.statementTimeoutMs,
    },
  })
  return { db: drizzle(client, { schema }), close: () => client.end({ timeout: 5 }) }
}

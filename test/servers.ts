import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject } from 'vitest'
import { openDatabase } from '../db/database.ts'
import type { Db } from '../db/database.ts'

export type TestDatabase = {
  db: Db
  url: string
  /** Ends every connection to it, and removes it. */
  drop: () => Promise<void>
}

/** A database of one's own on the run's server, with all migrations; `empty` is one without any. */
export async function createTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const serverUrl = inject('postgresUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  const template = options.empty ? 'template1' : inject('templateDatabase')
  await administer(serverUrl, (sql) => sql`create database ${sql(name)} template ${sql(template)}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  const { db, close } = openDatabase({ url: url.href, maxConnections: 10, statementTimeoutMs: 30_000 })
  return {
    db,
    url: url.href,
    drop: async () => {
      await close()
      await administer(serverUrl, (sql) => sql`drop database ${sql(name)} with (force)`)
    },
  }
}

async function administer(url: string, statement: (sql: postgres.Sql) => PromiseLike<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await statement(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../db/database.ts'
import type { Db } from '../db/database.ts'
import { createAccount, createKey, findCaller, listAccounts } from '../db/keys.ts'
import { scopes } from '../db/schema.ts'

export type DemoAccount = { dataDir: string; databaseUrl: string }

/** A synthetic organisation number: Tenor's begin with 2 or 3. */
const demo = {
  name: 'Prøve kommune',
  organisationId: '310076783',
  returnAddress: { lines: ['Rådhusplassen 1'], postalCode: '0037', city: 'Oslo' },
}

/**
 * The key of the demo account, with all three scopes: the one in `postgang.json` if the database knows it, else a new one of
 * the account that this makes.
 */
export async function ensureDemoAccount({ dataDir, databaseUrl }: DemoAccount): Promise<string> {
  const { db, close } = openDatabase({ url: databaseUrl, maxConnections: 2, statementTimeoutMs: 30_000 })
  try {
    const kept = keptKey(dataDir)
    if (kept !== undefined && (await findCaller(db, kept))) return kept
    return await makeKey(db)
  } finally {
    await close()
  }
}

function keptKey(dataDir: string): string | undefined {
  const file = join(dataDir, 'postgang.json')
  if (!existsSync(file)) return undefined
  return (JSON.parse(readFileSync(file, 'utf8')) as { apiKey?: string }).apiKey
}

async function makeKey(db: Db): Promise<string> {
  const known = (await listAccounts(db)).find(({ organisationId }) => organisationId === demo.organisationId)
  const { id: accountId } = known ?? (await createAccount(db, demo))
  const { key } = await createKey(db, { accountId, senderSystem: 'demo', scopes: [...scopes] })
  return key
}

import type { Db } from '../../db/database.ts'
import { createAccount, createKey } from '../../db/keys.ts'
import type { Account } from '../../db/keys.ts'
import type { Scope } from '../../db/schema.ts'

/** An account with a key of its own. */
export async function anAccount(
  db: Db,
  options: { name?: string; scopes?: Scope[] } = {},
): Promise<{ account: Account; key: string; keyId: string; headers: { Authorization: string } }> {
  const account = await createAccount(db, {
    name: options.name ?? 'Lillevik kommune',
    organisationId: '974760673',
    returnAddress: { lines: ['Rådhusgata 1'], postalCode: '0155', city: 'Oslo' },
  })
  const { id, key } = await createKey(db, {
    accountId: account.id,
    senderSystem: 'sak',
    scopes: options.scopes ?? ['send', 'read', 'manage'],
  })
  return { account, key, keyId: id, headers: { Authorization: `Bearer ${key}` } }
}

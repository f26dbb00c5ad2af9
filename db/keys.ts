import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { and, asc, eq, isNull } from 'drizzle-orm'
import type { PostalAddress } from '../domain/shipment.ts'
import type { Db } from './database.ts'
import { account, accountCounter, apiKey } from './schema.ts'
import type { Scope } from './schema.ts'

export type Account = typeof account.$inferSelect
export type NewAccount = { name: string; organisationId: string; returnAddress: PostalAddress }
export type NewKey = { accountId: string; senderSystem: string; scopes: Scope[] }
export type KeyListed = NewKey & { id: string; accountName: string; createdAt: Date; revokedAt: Date | null }

/** Whom an API key stands for. */
export type Caller = { keyId: string; accountId: string; senderSystem: string; scopes: Scope[] }

/** Shown in front of every key, so that scanners for leaked secrets know it. */
const keyPrefix = 'postgang_'
const keyBytes = 32

export function createAccount(db: Db, created: NewAccount): Promise<Account> {
  return db.transaction(async (tx) => {
    const [row] = await tx
      .insert(account)
      .values({ id: randomUUID(), ...created })
      .returning()
    if (!row) throw new Error(`Account ${created.name} was not inserted`)
    await tx.insert(accountCounter).values({ accountId: row.id })
    return row
  })
}

export function listAccounts(db: Db): Promise<Account[]> {
  return db.select().from(account).orderBy(asc(account.createdAt))
}

export async function findAccount(db: Db, id: string): Promise<Account | undefined> {
  const [row] = await db.select().from(account).where(eq(account.id, id))
  return row
}

/** The key itself is in the answer only: what is stored is its hash. */
export async function createKey(db: Db, created: NewKey): Promise<{ id: string; key: string }> {
  const id = randomUUID()
  const key = `${keyPrefix}${randomBytes(keyBytes).toString('base64url')}`
  await db.insert(apiKey).values({ id, ...created, hash: hashOf(key) })
  return { id, key }
}

export function listKeys(db: Db): Promise<KeyListed[]> {
  return db
    .select({
      id: apiKey.id,
      accountId: apiKey.accountId,
      accountName: account.name,
      senderSystem: apiKey.senderSystem,
      scopes: apiKey.scopes,
      createdAt: apiKey.createdAt,
      revokedAt: apiKey.revokedAt,
    })
    .from(apiKey)
    .innerJoin(account, eq(account.id, apiKey.accountId))
    .orderBy(asc(apiKey.createdAt))
}

/** @returns false when there is no such key, or it was revoked before. */
export async function revokeKey(db: Db, id: string): Promise<boolean> {
  const revoked = await db
    .update(apiKey)
    .set({ revokedAt: new Date() })
    .where(and(eq(apiKey.id, id), isNull(apiKey.revokedAt)))
    .returning({ id: apiKey.id })
  return revoked.length > 0
}

export async function findCaller(db: Db, key: string): Promise<Caller | undefined> {
  const [row] = await db
    .select({
      keyId: apiKey.id,
      accountId: apiKey.accountId,
      senderSystem: apiKey.senderSystem,
      scopes: apiKey.scopes,
    })
    .from(apiKey)
    .where(and(eq(apiKey.hash, hashOf(key)), isNull(apiKey.revokedAt)))
  return row
}

/** Plain SHA-256 suffices: the key is 256 random bits, so there is nothing to guess. */
function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

import { and, eq, isNull, lt, sql } from 'drizzle-orm'
import type { Db, Tx } from './database.ts'
import { idempotencyKey } from './schema.ts'

/** How long a request may be silent before another with the same key may take over. */
export const leaseMs = 30_000

/** A running request's hold on its key. */
export type Lease = { accountId: string; key: string; token: string }

export type Bound = { state: 'bound'; contentHash: string; shipmentId: string; answerSealed: Buffer }
export type Claim = { state: 'claimed' } | { state: 'running' } | Bound

const leaseUntil = sql`clock_timestamp() + make_interval(secs => ${leaseMs / 1000})`

/** Takes a free key, or one whose holder has gone silent; otherwise says what stands in the way. */
export async function claimKey(db: Db, lease: Lease): Promise<Claim> {
  const { accountId, key, token } = lease
  const fresh = { leaseToken: token, leaseUntil, createdAt: sql`clock_timestamp()` }
  const taken = await db
    .insert(idempotencyKey)
    .values({ accountId, key, ...fresh })
    .onConflictDoUpdate({
      target: [idempotencyKey.accountId, idempotencyKey.key],
      set: fresh,
      setWhere: and(isNull(idempotencyKey.shipmentId), lt(idempotencyKey.leaseUntil, sql`clock_timestamp()`)),
    })
    .returning({ key: idempotencyKey.key })
  if (taken.length > 0) return { state: 'claimed' }
  const [row] = await db.select().from(idempotencyKey).where(named(lease))
  if (!row?.shipmentId || !row.contentHash || !row.answerSealed) return { state: 'running' }
  const { shipmentId, contentHash, answerSealed } = row
  return { state: 'bound', shipmentId, contentHash, answerSealed }
}

/** @returns false when the lease ran out and was taken over. */
export async function renewLease(db: Db, lease: Lease): Promise<boolean> {
  const renewed = await db
    .update(idempotencyKey)
    .set({ leaseUntil })
    .where(held(lease))
    .returning({ key: idempotencyKey.key })
  return renewed.length > 0
}

/** A refused request leaves its key as if it had never come. */
export async function freeKey(db: Db, lease: Lease): Promise<void> {
  await db.delete(idempotencyKey).where(and(held(lease), isNull(idempotencyKey.shipmentId)))
}

/** Within the transaction that makes the letter; the row stays locked until it ends. @returns false when another took over. */
export async function bindKey(
  tx: Tx,
  lease: Lease,
  bound: { shipmentId: string; contentHash: string; answerSealed: Buffer },
): Promise<boolean> {
  const changed = await tx
    .update(idempotencyKey)
    .set(bound)
    .where(and(held(lease), isNull(idempotencyKey.shipmentId)))
    .returning({ key: idempotencyKey.key })
  return changed.length > 0
}

/** The answer was better than the one at the commit: repeats get this one. */
export async function replaceAnswer(db: Db, lease: Lease, answerSealed: Buffer): Promise<void> {
  await db.update(idempotencyKey).set({ answerSealed }).where(held(lease))
}

function named({ accountId, key }: Lease) {
  return and(eq(idempotencyKey.accountId, accountId), eq(idempotencyKey.key, key))
}

function held(lease: Lease) {
  return and(named(lease), eq(idempotencyKey.leaseToken, lease.token))
}

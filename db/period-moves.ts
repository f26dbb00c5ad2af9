import { and, asc, eq, isNull, lt, lte, sql } from 'drizzle-orm'
import type { Db } from './database.ts'
import { periodMove, shipment } from './schema.ts'
import { waitsUnderSettings } from './settings.ts'
import { applyPendingMove } from './unread-period.ts'

/** One worker at a time moves letters, so that the rate holds; the number is arbitrary. */
const moverLock = 727_275

export type Moved = { shipmentId: string; accountId: string }

/**
 * Moves at most `limit` waiting letters whose settings changed, and ends the moves that have reached every letter. Each letter is
 * a commit of its own, so a crash loses nothing and repeats nothing.
 */
export async function moveWaitingLetters(db: Db, limit: number): Promise<Moved[]> {
  return db.transaction(async (tx) => {
    const [lock] = await tx.execute<{ taken: boolean }>(sql`select pg_try_advisory_xact_lock(${moverLock}) as taken`)
    if (!lock?.taken) return []
    const moved: Moved[] = []
    const pending = await tx
      .select()
      .from(periodMove)
      .where(isNull(periodMove.doneAt))
      .orderBy(asc(periodMove.createdAt))
    for (const { accountId, revision } of pending) {
      const covered = await tx
        .select({ id: shipment.id })
        .from(shipment)
        .where(and(waitsUnderSettings(accountId), lt(shipment.unreadPeriodRevision, revision)))
        .orderBy(asc(shipment.printDeadlineAt))
        .limit(limit - moved.length)
      for (const { id } of covered) {
        await db.transaction((inner) => applyPendingMove(inner, id, new Date()))
        moved.push({ shipmentId: id, accountId })
      }
      if (moved.length >= limit) break
      await tx
        .update(periodMove)
        .set({ doneAt: sql`clock_timestamp()` })
        .where(and(eq(periodMove.accountId, accountId), lte(periodMove.revision, revision), isNull(periodMove.doneAt)))
    }
    return moved
  })
}

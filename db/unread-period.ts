import { and, desc, eq, gt, isNull } from 'drizzle-orm'
import { deadlineAfter } from '../domain/deadlines.ts'
import type { Deadline } from '../domain/events.ts'
import type { PeriodSource, UnreadPeriod } from '../domain/shipment.ts'
import type { Tx } from './database.ts'
import { recordEventIn } from './record-event.ts'
import type { Fact, Facts, Shipment } from './record-event.ts'
import { account, installation, periodMove } from './schema.ts'

export type ResolvedPeriod = { period: UnreadPeriod; source: PeriodSource; revision: number }

/**
 * The unread period that holds for a shipment now; the nearest wins. The share locks make a change of settings wait until this
 * transaction ends: a letter is notified under the new value, or is among those that the change moves.
 */
export async function resolvePeriod(tx: Tx, row: Shipment): Promise<ResolvedPeriod> {
  const [settings] = await tx
    .select({ unreadPeriod: account.unreadPeriod, revision: account.settingsRevision })
    .from(account)
    .where(eq(account.id, row.accountId))
    .for('share')
  if (!settings) throw new Error(`Account ${row.accountId} of shipment ${row.id} is gone`)
  const { revision } = settings
  if (row.ownUnreadPeriod) return { period: row.ownUnreadPeriod, source: 'shipment', revision }
  if (settings.unreadPeriod) return { period: settings.unreadPeriod, source: 'account', revision }
  return { period: await installationPeriod(tx), source: 'installation', revision }
}

export async function installationPeriod(tx: Tx): Promise<UnreadPeriod> {
  const [row] = await tx.select().from(installation).for('share')
  if (!row) throw new Error('The table installation is empty: run "node dist/db/migrate.js"')
  return row.unreadPeriod
}

/** The columns and the event's words for a period that begins to count at `countsFrom`. */
export function startCounting(resolved: ResolvedPeriod, countsFrom: Date): { facts: Facts; deadline: Deadline } {
  const deadlineAt = deadlineAfter(countsFrom, resolved.period)
  return {
    deadline: { period: resolved.period, source: resolved.source, deadlineAt: deadlineAt.toISOString() },
    facts: {
      countsFromAt: countsFrom,
      unreadPeriod: resolved.period,
      unreadPeriodSource: resolved.source,
      unreadPeriodRevision: resolved.revision,
      printDeadlineAt: deadlineAt,
    },
  }
}

/**
 * Another period for a letter that already waits; it still counts from the notice. A letter that was only due because it lay
 * unread goes back to waiting when its new deadline lies ahead.
 */
export function moveDeadline(
  row: Shipment,
  countsFrom: Date,
  moved: ResolvedPeriod & { now: Date },
): Omit<Fact, 'key' | 'actor'> {
  const { facts, deadline } = startCounting(moved, countsFrom)
  const liesAhead = Date.parse(deadline.deadlineAt) > moved.now.getTime()
  const goesBack = row.status === 'dueForPrint' && row.dueBecause === 'unread' && liesAhead
  const backTo = goesBack ? (row.notifiedAt ? 'notified' : 'accepted') : null
  return {
    event: { type: 'deadlineMoved', data: { ...deadline, backTo } },
    facts: goesBack ? { ...facts, dueAt: null, dueBecause: null } : facts,
  }
}

/** Letters that a change of the period can still move. */
export function isWaiting(row: Shipment): row is Shipment & { countsFromAt: Date } {
  return row.countsFromAt !== null && ['accepted', 'notified', 'dueForPrint'].includes(row.status)
}

/** Applies the newest change of settings that covers this letter and hasn't reached it yet. */
export async function applyPendingMove(tx: Tx, shipmentId: string, now: Date): Promise<Shipment | undefined> {
  const recorded = await recordEventIn<'noMove'>(tx, shipmentId, async (row) => {
    const move = isWaiting(row) && !row.ownUnreadPeriod ? await pendingMove(tx, row) : undefined
    if (!move || !row.countsFromAt) return { late: 'noMove' }
    const { period, source, revision } = move
    return {
      key: `move-${move.revision}`,
      actor: 'settings',
      ...moveDeadline(row, row.countsFromAt, { period, source, revision, now }),
    }
  })
  return recorded?.shipment
}

async function pendingMove(tx: Tx, row: Shipment): Promise<typeof periodMove.$inferSelect | undefined> {
  const [move] = await tx
    .select()
    .from(periodMove)
    .where(
      and(
        eq(periodMove.accountId, row.accountId),
        gt(periodMove.revision, row.unreadPeriodRevision ?? 0),
        isNull(periodMove.doneAt),
      ),
    )
    .orderBy(desc(periodMove.revision))
    .limit(1)
  return move
}

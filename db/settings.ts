import { and, count, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm'
import type { PeriodSource, UnreadPeriod, WithoutNotice } from '../domain/shipment.ts'
import type { Db } from './database.ts'
import { account, periodMove, shipment } from './schema.ts'
import { installationPeriod } from './unread-period.ts'

export type Settings = {
  /** Empty: the installation's period holds. */
  unreadPeriod: UnreadPeriod | null
  withoutNotice: WithoutNotice
}

export type SettingsNow = Settings & {
  revision: number
  inForce: { period: UnreadPeriod; source: PeriodSource }
}

export async function readSettings(db: Db, accountId: string): Promise<SettingsNow | undefined> {
  return db.transaction(async (tx) => {
    const [row] = await tx.select().from(account).where(eq(account.id, accountId))
    if (!row) return undefined
    return {
      unreadPeriod: row.unreadPeriod,
      withoutNotice: row.withoutNotice,
      revision: row.settingsRevision,
      inForce: inForce(row.unreadPeriod, await installationPeriod(tx)),
    }
  })
}

/**
 * Commits the settings and, where asked for, a move of the letters that wait under them. The account's row is locked: every
 * notification is either committed, and counted here, or resolves the new value.
 * @returns how many waiting letters will be moved.
 */
export async function changeSettings(
  db: Db,
  accountId: string,
  change: { settings: { [Name in keyof Settings]?: Settings[Name] | undefined }; applyToWaiting: boolean },
): Promise<{ settings: SettingsNow; moving: number }> {
  return db.transaction(async (tx) => {
    const [row] = await tx
      .update(account)
      .set({ ...change.settings, settingsRevision: sql`${account.settingsRevision} + 1` })
      .where(eq(account.id, accountId))
      .returning()
    if (!row) throw new Error(`Account ${accountId} is gone`)
    const now = inForce(row.unreadPeriod, await installationPeriod(tx))
    const settings = {
      unreadPeriod: row.unreadPeriod,
      withoutNotice: row.withoutNotice,
      revision: row.settingsRevision,
      inForce: now,
    }
    if (!change.applyToWaiting) return { settings, moving: 0 }
    await tx.insert(periodMove).values({ accountId, revision: row.settingsRevision, ...now })
    const [waiting] = await tx.select({ letters: count() }).from(shipment).where(waitsUnderSettings(accountId))
    return { settings, moving: waiting?.letters ?? 0 }
  })
}

/** Letters that wait and have no period of their own. */
export function waitsUnderSettings(accountId: string) {
  return and(
    eq(shipment.accountId, accountId),
    isNull(shipment.closedAt),
    isNull(shipment.ownUnreadPeriod),
    isNotNull(shipment.countsFromAt),
    inArray(shipment.status, ['accepted', 'notified', 'dueForPrint']),
  )
}

function inForce(own: UnreadPeriod | null, ofInstallation: UnreadPeriod): SettingsNow['inForce'] {
  return own ? { period: own, source: 'account' } : { period: ofInstallation, source: 'installation' }
}

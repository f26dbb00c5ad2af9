import { eq } from 'drizzle-orm'
import type { Db, Tx } from '../db/database.ts'
import { readFacts } from '../db/facts.ts'
import { recordEvent } from '../db/record-event.ts'
import type { Fact, Shipment } from '../db/record-event.ts'
import { account } from '../db/schema.ts'
import { resolvePeriod, startCounting } from '../db/unread-period.ts'
import type { NoNoticeReason } from '../domain/events.ts'
import type { StepInput, WorkflowFacts } from '../domain/shipment-workflow.ts'
import type { Dependencies } from './dependencies.ts'

const actor = 'postgang'

/**
 * The letter becomes readable in a commit of its own; from then on a read counts. Then the notice is sent, and once the mail
 * server has taken it the unread period begins. At least once: every attempt at a notice carries the same Message-ID.
 */
export const createNotify = ({ db, notices }: Dependencies) => ({
  notify: async ({ shipmentId, now }: StepInput): Promise<WorkflowFacts> => {
    const readable = await recordEvent<'notAccepted'>(db, shipmentId, (row) => {
      if (row.status !== 'accepted') return { late: 'notAccepted' }
      const event = { type: 'madeReadable', data: {} } as const
      return { key: 'madeReadable', actor, event, facts: { readableAt: new Date() } }
    })
    if (!readable || readable.outcome === 'late') return readFacts(db, shipmentId, now)
    const { recipientEmail: to, recipientLanguage, accountId } = readable.shipment
    // The network is asked without any lock held.
    const outcome = to
      ? await notices.send({
          shipmentId,
          noticeId: 'first',
          to,
          senderName: await senderName(db, accountId),
          language: recipientLanguage ?? 'nb',
        })
      : 'noEmail'
    await recordEvent<'notAccepted'>(db, shipmentId, (row, tx) => {
      if (row.status !== 'accepted' || row.noNoticeReason) return { late: 'notAccepted' }
      return outcome === 'accepted' ? notified(row, tx) : withoutNotice(row, tx, outcome)
    })
    return readFacts(db, shipmentId, now)
  },
})

async function senderName(db: Db, accountId: string): Promise<string> {
  const [sender] = await db.select({ name: account.name }).from(account).where(eq(account.id, accountId))
  if (!sender) throw new Error(`Account ${accountId} is gone`)
  return sender.name
}

async function notified(row: Shipment, tx: Tx): Promise<Fact> {
  const notifiedAt = new Date()
  const { facts, deadline } = startCounting(await resolvePeriod(tx, row), notifiedAt)
  return { key: 'notified', actor, event: { type: 'notified', data: deadline }, facts: { ...facts, notifiedAt } }
}

/** Nobody can be told that the letter lies there: the account's setting says whether it is printed or waits unread. */
async function withoutNotice(row: Shipment, tx: Tx, reason: NoNoticeReason): Promise<Fact> {
  const [settings] = await tx.select().from(account).where(eq(account.id, row.accountId)).for('share')
  const key = 'withoutNotice'
  const facts = { noNoticeReason: reason }
  if (settings?.withoutNotice === 'wait' && row.readableAt) {
    const counting = startCounting(await resolvePeriod(tx, row), row.readableAt)
    const data = { reason, ...counting.deadline }
    return { key, actor, event: { type: 'waitsWithoutNotice', data }, facts: { ...facts, ...counting.facts } }
  }
  if (row.digitalOnly) {
    const data = { reason, outcome: 'undelivered' } as const
    return { key, actor, event: { type: 'noticeImpossible', data }, facts: { ...facts, closedAt: new Date() } }
  }
  return { key, actor, event: { type: 'noticeImpossible', data: { reason, outcome: 'print' } }, facts }
}

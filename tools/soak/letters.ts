import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, Client, ShipmentView } from '../client.ts'
import { encryptedPdf, plainPdf } from '../demo-documents.ts'
import type { PlannedLetter } from './plan.ts'

/** What the soak's sender knows of a letter: what it asked for, and what it was told. */
export type Told = {
  letter: PlannedLetter
  id: string
  /** 200 to a read or a recall: a promise that the judge holds the product to. */
  promised: 'read' | 'recalled' | null
  /** Answers that made no sense. */
  oddities: string[]
}

const retryMs = 500
const lookMs = 400

/** Sends a letter as a careful sender does, and does with it what the plan says. */
export async function liveThrough(client: Client, letter: PlannedLetter, signal: AbortSignal): Promise<Told> {
  const told: Told = { letter, id: randomUUID(), promised: null, oddities: [] }
  await sendUntilTaken(client, told, signal)
  if (letter.kind === 'readEarly' || letter.kind === 'recalled') {
    await untilNotified(client, told.id, signal)
    await pause(letter.actAfterMs)
  }
  if (letter.kind === 'readAtDeadline') {
    const deadlineAt = await untilNotified(client, told.id, signal)
    await pause(Math.max(0, Date.parse(deadlineAt) + letter.actAfterMs - Date.now()))
  }
  if (letter.kind === 'recalled')
    await askUntilAnswered(told, 'recalled', () => client.command(told.id, 'recall'), signal)
  if (letter.kind === 'readEarly' || letter.kind === 'readAtDeadline')
    await askUntilAnswered(told, 'read', () => client.read(told.id), signal)
  return told
}

export function shipmentFor({ kind, index, unreadSeconds }: PlannedLetter, id: string): Record<string, unknown> {
  const file = kind === 'rejected' ? encryptedPdf() : plainPdf()
  return {
    id,
    title: `Soaktittel ${index}`,
    recipient: {
      organisationId: '310076783',
      name: `Soakmottaker ${index}`,
      address: { lines: [`Soakgata ${index}`], postalCode: '0155', city: 'Oslo' },
      ...(kind === 'noAddress' ? {} : { email: `soak${index}@example.org` }),
    },
    documents: [{ fileName: file.name, mimeType: file.type }],
    digitalOnly: kind === 'digitalOnly',
    ...(kind === 'moved' ? {} : { unreadPeriod: { amount: unreadSeconds, unit: 'seconds' } }),
  }
}

async function sendUntilTaken(client: Client, told: Told, signal: AbortSignal): Promise<void> {
  const key = randomUUID()
  const file = told.letter.kind === 'rejected' ? encryptedPdf() : plainPdf()
  for (;;) {
    signal.throwIfAborted()
    const answer = await quietly(() => client.send(shipmentFor(told.letter, told.id), [file], { key }))
    if (answer?.status === 202) return
    const mayComeAgain = !answer || answer.status >= 500 || answer.status === 409 || answer.status === 408
    if (!mayComeAgain) told.oddities.push(`send answered ${answer.status}`)
    await pause(retryMs)
  }
}

async function untilNotified(client: Client, id: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    signal.throwIfAborted()
    const found = await quietly(() => client.shipment(id))
    if (found?.printDeadlineAt) return found.printDeadlineAt
    await pause(lookMs)
  }
}

async function askUntilAnswered(
  told: Told,
  promise: 'read' | 'recalled',
  ask: () => Promise<Answer<ShipmentView>>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const answer = await quietly(ask)
    if (answer?.status === 200) {
      told.promised = promise
      return
    }
    if (answer?.status === 409) return
    if (answer && answer.status < 500) told.oddities.push(`${promise} answered ${answer.status}`)
    await pause(retryMs)
  }
}

/** While a server is down, no answer is an answer too. */
async function quietly<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch {
    return undefined
  }
}

import { randomUUID } from 'node:crypto'
import type { Client, ShipmentView } from '../../tools/client.ts'
import { plainPdf } from '../../tools/demo-documents.ts'

export const organisation = '310076783'

/** A letter as a case system sends it; parts of it can be replaced. */
export function letter(replaced: Record<string, unknown> = {}): Record<string, unknown> {
  const file = plainPdf()
  return {
    title: 'Vedtak om barnehageplass',
    recipient: {
      organisationId: organisation,
      name: 'Blåbærtunet borettslag',
      address: { lines: ['Lærdalsgata 12 B'], postalCode: '9730', city: 'Karasjok' },
      email: 'styret@example.org',
    },
    documents: [{ fileName: file.name, mimeType: file.type }],
    ...replaced,
  }
}

export const seconds = (amount: number) => ({ amount, unit: 'seconds' })
export const days = (amount: number) => ({ amount, unit: 'days' })

/** Sends one and insists that it was taken. */
export async function sendLetter(client: Client, replaced: Record<string, unknown> = {}): Promise<ShipmentView> {
  const sent = await client.send(letter(replaced), [plainPdf()], { key: randomUUID() })
  if (sent.status !== 202) throw new Error(`Answered ${sent.status}: ${JSON.stringify(sent.body)}`)
  return sent.body
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from './client.ts'
import type { Client, File, ShipmentView } from './client.ts'
import { encryptedPdf, plainDecision, plainPdf } from './demo-documents.ts'
import { dataDir } from './environment.ts'

/*
 * Process: `npm run demo`, with `npm start` running. Sends three letters and shows each step as it happens: one is read, one goes to
 * print, one is rejected.
 */
type Story = { name: string; ends: string[]; file: File; onNotified?: (id: string) => Promise<unknown> }

const unreadPeriod = { amount: 6, unit: 'seconds' }
const patienceMs = 90_000

const facts = join(dataDir, 'postgang.json')
if (!existsSync(facts)) {
  console.error(`${facts} is not there: run "npm start" in another terminal first`)
  process.exit(1)
}
const { apiUrl, apiKey, docsUrl, temporalUiUrl } = JSON.parse(readFileSync(facts, 'utf8')) as Record<
  'apiUrl' | 'apiKey' | 'docsUrl' | 'temporalUiUrl',
  string
>
const client = createClient({ apiUrl, apiKey })
const mailsBefore = mails().length
const stories: Story[] = [
  { name: 'read', ends: ['read'], file: plainDecision(), onNotified: (id) => client.read(id) },
  { name: 'printed', ends: ['sentToPrint', 'printed', 'posted'], file: plainPdf() },
  { name: 'rejected', ends: ['rejected'], file: encryptedPdf() },
]

console.log(`Three letters with an unread period of ${unreadPeriod.amount} ${unreadPeriod.unit}:\n`)
const ended = await Promise.all(stories.map((story) => tell(client, story)))

console.log('\nWhere to look:')
for (const { shipment } of ended)
  console.log(`  letter ${shipment.number} (${shipment.status}): ${apiUrl}/v1/shipments/${shipment.id}/history`)
console.log(`  e-mail notices: ${mails().length - mailsBefore} new in ${join(dataDir, 'mail')}`)
for (const file of mails().slice(mailsBefore).slice(0, 2)) console.log(`    ${file}`)
const printed = ended.find(({ story }) => story.name === 'printed')
if (printed) console.log(`  the printed letter: ${join(dataDir, 'print', `${printed.shipment.id}.pdf`)}`)
console.log(`  API: ${docsUrl}   Temporal: ${temporalUiUrl}`)
const wrong = ended.filter(({ story, shipment }) => !story.ends.includes(shipment.status))
for (const { story, shipment } of wrong) console.error(`The letter that should be ${story.name} is ${shipment.status}`)
process.exit(wrong.length > 0 ? 1 : 0)

async function tell(sender: Client, story: Story): Promise<{ story: Story; shipment: ShipmentView }> {
  const sent = await sender.send(shipmentFor(story), [story.file])
  if (sent.status !== 202) throw new Error(`The API refused the letter: ${JSON.stringify(sent.body)}`)
  const { id } = sent.body
  const patience = AbortSignal.timeout(patienceMs)
  for await (const event of sender.follow(id, patience)) {
    console.log(`${event.at.slice(11, 19)}  ${story.name.padEnd(8)}  ${event.text}`)
    if (event.type === 'notified') await story.onNotified?.(id)
    if (['readReceiptIssued', 'handedOver', 'rejected', 'problemArose'].includes(event.type)) break
  }
  return { story, shipment: await sender.shipment(id) }
}

function shipmentFor(story: Story): Record<string, unknown> {
  return {
    title: `Vedtak i sak 26/${story.name.length}`,
    recipient: {
      organisationId: '310076783',
      name: 'Ola Nordmann AS',
      address: { lines: ['Storgata 1'], postalCode: '0155', city: 'Oslo' },
      email: 'ola@example.org',
    },
    documents: [{ fileName: story.file.name, mimeType: story.file.type }],
    unreadPeriod,
  }
}

function mails(): string[] {
  const dir = join(dataDir, 'mail')
  return existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => name.endsWith('.eml'))
        .sort()
        .map((name) => join(dir, name))
    : []
}

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encryptedPdf, plainPdf } from '../../tools/demo-documents.ts'
import { eventually } from '../embedded/processes.ts'
import { days, letter, organisation, seconds, sendLetter } from './letters.ts'
import { startStack } from '../../tools/stack.ts'
import { waitForStatus } from './wait-for-status.ts'
import type { Stack } from '../../tools/stack.ts'

describe('the life of a shipment on the real servers', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  }, 150_000)
  afterAll(() => stack.destroy(), 30_000)

  const tickets = () =>
    readdirSync(join(stack.dataDir, 'print')).filter((name) => name.endsWith('.json') && !name.startsWith('.'))

  it('a letter that is read before the deadline is never printed, and its receipt goes back', async () => {
    const client = stack.client()
    const { id } = await sendLetter(client, { unreadPeriod: days(30) })
    await waitForStatus(client, id, ['notified'])
    expect((await client.read(id)).body.status).toBe('read')
    const history = await eventually('the receipt is issued', async () => {
      const found = await client.history(id)
      return found.events.some((event) => event.type === 'readReceiptIssued') ? found : undefined
    })
    expect(history.events.map((event) => event.type)).toEqual([
      'received',
      'metadataValidated',
      'originalsStored',
      'documentsConverted',
      'letterMade',
      'accepted',
      'madeReadable',
      'notified',
      'read',
      'readReceiptIssued',
    ])
    expect(history.events.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(tickets()).not.toContain(`${id}.json`)
    await eventually('the run ends', async () => (await client.history(id)).workflow?.['runState'] === 'completed')
  })

  it('an unread letter goes to print with the right pages and address', async () => {
    const client = stack.client()
    const { id } = await sendLetter(client, { unreadPeriod: seconds(1) })
    await waitForStatus(client, id, ['sentToPrint'])
    const pdf = join(stack.dataDir, 'print', `${id}.pdf`)
    const ticket = JSON.parse(readFileSync(join(stack.dataDir, 'print', `${id}.json`), 'utf8')) as Record<
      string,
      unknown
    >
    expect(existsSync(pdf)).toBe(true)
    expect(ticket).toMatchObject({
      shipmentId: id,
      pages: 2,
      recipient: { name: 'Blåbærtunet borettslag', addressLines: ['Lærdalsgata 12 B', '9730 Karasjok'] },
    })
    const { pages, text } = await pagesAndText(pdf)
    expect(pages).toBe(2)
    for (const words of ['Blåbærtunet borettslag', 'Lærdalsgata 12 B', '9730 Karasjok', 'Faktura: kr 250,-'])
      expect(text).toContain(words)
    const late = await client.read(id)
    expect(late.status).toBe(200)
    expect(late.body).toMatchObject({ status: 'sentToPrint', readAt: expect.any(String) as string })
    expect((await client.command(id, 'recall')).status).toBe(409)
  })

  it('a letter with an encrypted document is kept and rejected with its reason', async () => {
    const client = stack.client()
    const file = encryptedPdf()
    const documents = [{ fileName: file.name, mimeType: file.type }]
    const sent = await client.send(letter({ documents }), [file], { wait: true })
    expect(sent.status).toBe(202)
    expect(sent.body.status).toBe('rejected')
    const { events } = await client.history(sent.body.id)
    expect(events.at(-1)).toMatchObject({
      type: 'rejected',
      data: { reasons: [{ document: 1, code: 'encryptedPdf' }] },
    })
  })

  it('a program that calls itself a PDF is rejected', async () => {
    const file = { ...plainPdf(), bytes: Buffer.concat([Buffer.from('MZ'), Buffer.alloc(2000, 7)]) }
    const sent = await stack.client().send(letter(), [file], { wait: true })
    expect(sent.body.status).toBe('rejected')
  })

  it('a recipient without a digital id gets paper at once', async () => {
    const client = stack.client()
    const recipient = { name: 'Ola Nordmann', address: { lines: ['Storgata 1'], postalCode: '0155', city: 'Oslo' } }
    const { id } = await sendLetter(client, { recipient, unreadPeriod: days(30) })
    await waitForStatus(client, id, ['sentToPrint'])
    expect((await client.history(id)).events.map((event) => event.type)).not.toContain('madeReadable')
  })

  it('a digital-only letter never prints and ends with a status and a reason', async () => {
    const client = stack.client()
    const { id } = await sendLetter(client, { digitalOnly: true, unreadPeriod: seconds(1) })
    await waitForStatus(client, id, ['sentDigitally'])
    expect(tickets()).not.toContain(`${id}.json`)
    expect((await client.read(id)).body.status).toBe('read')
    await eventually('the receipt is issued also now', async () =>
      (await client.history(id)).events.some((event) => event.type === 'readReceiptIssued'),
    )
  })

  it('a recalled letter is gone from the mailbox and never printed', async () => {
    const client = stack.client()
    const { id } = await sendLetter(client, { unreadPeriod: seconds(4) })
    await waitForStatus(client, id, ['notified'])
    expect((await client.command(id, 'recall')).body.status).toBe('recalled')
    expect((await client.read(id)).status).toBe(409)
    await eventually('the run ends', async () => (await client.history(id)).workflow?.['runState'] === 'completed')
    expect(tickets()).not.toContain(`${id}.json`)
  })

  it('a changed N moves the letters that wait: from 30 days to one second, they print', async () => {
    const client = stack.client()
    await client.call('PUT', '/v1/settings', { unreadPeriod: days(30) })
    const sent = await Promise.all(Array.from({ length: 10 }, () => sendLetter(client)))
    for (const { id } of sent) await waitForStatus(client, id, ['notified'])
    const own = await sendLetter(client, { unreadPeriod: days(20) })
    await waitForStatus(client, own.id, ['notified'])
    const changed = await client.call<{ moving: number }>('PUT', '/v1/settings?applyTo=waiting', {
      unreadPeriod: seconds(1),
    })
    expect(changed.status).toBe(200)
    expect(changed.body.moving).toBe(10)
    for (const { id } of sent) await waitForStatus(client, id, ['sentToPrint'])
    expect((await client.shipment(own.id)).status).toBe('notified')
    await client.call('PUT', '/v1/settings', { unreadPeriod: null })
  })

  it("nothing personal stands in Temporal's database or in a log", () => {
    const personal = [
      'Blåbærtunet',
      'Lærdalsgata',
      'Karasjok',
      'styret@',
      'barnehageplass',
      'Kari Nordmann',
      organisation,
    ]
    const files = readdirSync(stack.dataDir).filter((name) => name.startsWith('temporal.db'))
    const logs = readdirSync(join(stack.dataDir, 'logs')).map((name) => join('logs', name))
    expect(files.length + logs.length).toBeGreaterThan(5)
    for (const file of [...files, ...logs]) {
      const content = readFileSync(join(stack.dataDir, file))
      for (const word of personal) expect(content.includes(word), `${word} in ${file}`).toBe(false)
    }
  })

  it('an original that changed on disk parks the shipment, and retry goes on when it is restored', async () => {
    const client = stack.client()
    process.kill(stack.pidOf('worker'), 'SIGSTOP')
    const { id } = await sendLetter(client, { unreadPeriod: days(30) })
    const [row] = await stack.sql()<{ blob_key: string }[]>`select blob_key from document where shipment_id = ${id}`
    const { writeFile, readFile } = await import('node:fs/promises')
    const file = join(stack.dataDir, 'blobs', row?.blob_key ?? '')
    const original = await readFile(file)
    await writeFile(file, 'damaged')
    process.kill(stack.pidOf('worker'), 'SIGCONT')
    const parked = await eventually(
      'it is parked',
      async () => {
        const found = await client.shipment(id)
        return found.problem ? found : undefined
      },
      40_000,
    )
    expect(parked.problem).toMatchObject({ code: 'OriginalDamaged' })
    expect(parked.nextAction.what).toBe('askPerson')
    await writeFile(file, original)
    expect((await client.command(id, 'retry')).status).toBe(200)
    await waitForStatus(client, id, ['notified'])
  }, 90_000)
})

async function pagesAndText(pdf: string): Promise<{ pages: number; text: string }> {
  const { execFileSync } = await import('node:child_process')
  const text = execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' })
  return { pages: text.split('\f').length - 1, text }
}

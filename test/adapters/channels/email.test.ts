import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { simpleParser } from 'mailparser'
import type { ParsedMail } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, it } from 'vitest'
import type { Notice, NoticeChannel } from '../../../adapters/channels/contract.ts'
import { createEmailNotice } from '../../../adapters/channels/email.ts'

const notice: Notice = {
  shipmentId: '5f0c7a0e-1111-4222-8333-444455556666',
  noticeId: 'first',
  to: 'kari@example.org',
  senderName: 'Lillevik kommune',
  language: 'nb',
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

function channelTo(port: number, timeoutMs = 5_000): NoticeChannel {
  const channel = createEmailNotice({ smtpUrl: `smtp://127.0.0.1:${port}`, from: 'post@lillevik.no', timeoutMs })
  closing.push(channel.close)
  return channel
}

/** A real SMTP server that answers as it is told. */
async function mailServer(options: SMTPServerOptions = {}): Promise<{ port: number; got: ParsedMail[] }> {
  const got: ParsedMail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData: (stream, _session, done) => {
      simpleParser(stream).then(
        (mail) => {
          got.push(mail)
          done()
        },
        (error: Error) => done(error),
      )
    },
    ...options,
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  closing.push(() => server.close())
  return { port: (server.server.address() as AddressInfo).port, got }
}

/** Speaks whatever it is told, line by line, to whatever command begins so. */
async function scriptedServer(script: Record<string, string>, greeting = '220 here'): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.write(`${greeting}\r\n`)
    let isData = false
    socket.on('data', (data) => {
      for (const line of data.toString().split('\r\n').filter(Boolean)) {
        if (isData && line !== '.') continue
        const command = isData ? '.' : (Object.keys(script).find((each) => line.toUpperCase().startsWith(each)) ?? '')
        isData = line.toUpperCase() === 'DATA' && (script['DATA'] ?? '354').startsWith('354')
        const answer = script[command] ?? (line.toUpperCase() === 'DATA' ? '354 go on' : '250 ok')
        if (answer === 'hang up') socket.destroy()
        else socket.write(`${answer}\r\n`)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

function rejection(reply: string): Error {
  const [code, ...text] = reply.split(' ')
  return Object.assign(new Error(text.join(' ')), { responseCode: Number(code) })
}

describe('a notice by e-mail', () => {
  it('is accepted, and tells neither title nor name', async () => {
    const server = await mailServer()
    expect(await channelTo(server.port).send(notice)).toBe('accepted')
    const [mail] = server.got
    expect(mail?.subject).toBe('Du har fått et brev fra Lillevik kommune')
    expect(mail?.text).toContain('Lillevik kommune')
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated')
  })

  it('carries the same Message-ID at every attempt', async () => {
    const server = await mailServer()
    await channelTo(server.port).send(notice)
    await channelTo(server.port).send(notice)
    expect(server.got.map((mail) => mail.messageId)).toEqual([
      `<first.${notice.shipmentId}@lillevik.no>`,
      `<first.${notice.shipmentId}@lillevik.no>`,
    ])
  })

  it("speaks the recipient's language", async () => {
    const server = await mailServer()
    for (const language of ['nn', 'en'] as const) await channelTo(server.port).send({ ...notice, language })
    expect(server.got.map((mail) => mail.subject)).toEqual([
      'Du har fått eit brev frå Lillevik kommune',
      'You have received a letter from Lillevik kommune',
    ])
  })

  it('is refused for good when the address is, or the message', async () => {
    const atAddress = await mailServer({ onRcptTo: (_address, _session, done) => done(rejection('550 No such user')) })
    expect(await channelTo(atAddress.port).send(notice)).toBe('refusedForGood')
    const atMessage = await scriptedServer({ '.': '552 5.2.2 Mailbox full' })
    expect(await channelTo(atMessage).send(notice)).toBe('refusedForGood')
  })

  const outages: [what: string, script: Record<string, string>, greeting?: string][] = [
    ['a full queue', { 'RCPT TO': '450 4.2.1 Try later' }],
    ['a sender that is not allowed', { 'MAIL FROM': '550 5.1.8 Sender refused' }],
    ['a policy against us', { 'RCPT TO': '550 5.7.1 Blocked' }],
    ['a system without room', { '.': '554 5.3.4 Message too big for system' }],
    ['a greeting that sends us away', {}, '554 No service'],
    ['a connection that breaks after the message', { '.': 'hang up' }],
  ]
  for (const [what, script, greeting] of outages)
    it(`is tried again after ${what}, and the error tells no address`, async () => {
      const error: unknown = await channelTo(await scriptedServer(script, greeting))
        .send(notice)
        .catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(Error)
      expect(String(error)).toContain('The mail server did not take the notice')
      expect(`${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`).not.toContain('kari')
    })

  it('is tried again when nobody listens, and when nobody answers', async () => {
    await expect(channelTo(1).send(notice)).rejects.toThrow('did not take')
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    closing.push(() => silent.close())
    const before = Date.now()
    await expect(channelTo((silent.address() as AddressInfo).port, 300).send(notice)).rejects.toThrow('did not take')
    expect(Date.now() - before).toBeLessThan(2_000)
  })
})

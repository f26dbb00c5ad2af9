import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerDataStream } from 'smtp-server'

type MailServer = { port: number; close: () => Promise<void> }

const largestMailBytes = 25 * 1024 * 1024
// "Exceeded storage allocation". @see RFC 5321 4.2.3
const tooLarge = 552

/** Takes every mail sent to it on 127.0.0.1 and keeps it as `<time>-<n>.eml`; it answers when the file is safe on disk. */
export async function startMailServer({ port, folder }: { port: number; folder: string }): Promise<MailServer> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  let count = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: largestMailBytes,
    onData(stream, _session, done) {
      count += 1
      const name = `${new Date().toISOString()}-${count}.eml`
      keepMail(stream, folder, name).then(
        () => done(null, `kept as ${name}`),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      )
    },
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      // A client that breaks off is no reason to end.
      server.on('error', (error) => console.error(`smtp: ${error.message}`))
      resolve()
    })
  })
  const address = server.server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  return { port: bound, close: () => new Promise((resolve) => server.close(resolve)) }
}

async function keepMail(stream: SMTPServerDataStream, folder: string, name: string): Promise<void> {
  const half = join(folder, `.${name}.part`)
  const file = await open(half, 'wx', 0o600)
  try {
    await pipeline(stream, file.createWriteStream({ flush: true }))
    if (stream.sizeExceeded) throw Object.assign(new Error('the mail is too large'), { responseCode: tooLarge })
    await rename(half, join(folder, name))
  } catch (error) {
    await rm(half, { force: true })
    throw error
  }
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

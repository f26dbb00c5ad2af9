import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import { expect, onTestFinished, test } from 'vitest'
import { startMailServer } from '../../embedded/keep-mail.ts'
import { scratchFolder } from './scratch.ts'

const mail = { from: 'post@example.com', to: 'kari@example.com', subject: 'Nytt brev', text: 'Du har fått et brev.' }

test('a mail lies whole in the folder when the server has answered', async () => {
  const { folder, transport } = await mailServer()
  const { response } = await transport.sendMail(mail)
  const [name = ''] = readdirSync(folder)
  expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z-1\.eml$/)
  expect(response).toContain(name)
  expect(readFileSync(join(folder, name), 'utf8')).toContain('Subject: Nytt brev')
})

test('mails sent at once each get a file', async () => {
  const { folder, transport } = await mailServer()
  await Promise.all(Array.from({ length: 20 }, () => transport.sendMail(mail)))
  expect(readdirSync(folder)).toHaveLength(20)
})

test('a mail of more than 25 MB is refused and leaves nothing', async () => {
  const { folder, transport } = await mailServer()
  await expect(transport.sendMail({ ...mail, text: 'x'.repeat(26 * 1024 * 1024) })).rejects.toMatchObject({
    responseCode: 552,
  })
  expect(readdirSync(folder)).toEqual([])
})

async function mailServer() {
  const folder = join(scratchFolder(), 'mail')
  const server = await startMailServer({ port: 0, folder })
  const transport = createTransport({ host: '127.0.0.1', port: server.port, secure: false, ignoreTLS: true })
  onTestFinished(async () => {
    transport.close()
    await server.close()
  })
  return { folder, transport }
}

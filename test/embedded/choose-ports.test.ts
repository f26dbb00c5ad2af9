import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { choosePorts } from '../../embedded/choose-ports.ts'
import { freePort } from '../../embedded/ports.ts'
import { scratchFolder } from './scratch.ts'

const anyPorts = { POSTGANG_API_PORT: '0', POSTGANG_CODEC_PORT: '0' }

test('0 chooses a free port below 32768 and keeps it for the next start', async () => {
  const dataDir = scratchFolder()
  const choose = () => choosePorts({ dataDir, names: ['api', 'codec'], env: anyPorts, log: () => {} })
  const first = await choose()
  expect(first.api).not.toBe(first.codec)
  for (const port of [first.api, first.codec]) expect(port).toBeLessThan(32_768)
  expect(await choose()).toEqual(first)
})

test('a kept port that somebody else holds is replaced, and that is said', async () => {
  const dataDir = scratchFolder()
  const lines: string[] = []
  const choose = (env: NodeJS.ProcessEnv) =>
    choosePorts({ dataDir, names: ['api'], env, log: (line) => lines.push(line) })
  const first = await choose(anyPorts)
  await listen(first.api)
  const second = await choose({ POSTGANG_API_PORT: '' })
  expect(second.api).not.toBe(first.api)
  expect(lines.join()).toContain(`${first.api}`)
})

test('a kept port is waited for while the servers of a killed run end', async () => {
  const dataDir = scratchFolder()
  const choose = () => choosePorts({ dataDir, names: ['api'], env: anyPorts, log: () => {} })
  const first = await choose()
  const dying = await listen(first.api)
  setTimeout(() => dying.close(), 500)
  expect(await choose()).toEqual(first)
})

test('a port that was asked for and is taken is an error that names its variable', async () => {
  const port = await freePort()
  await listen(port)
  const choosing = choosePorts({
    dataDir: scratchFolder(),
    names: ['api'],
    env: { POSTGANG_API_PORT: String(port) },
    log: () => {},
  })
  await expect(choosing).rejects.toThrow(`POSTGANG_API_PORT: port ${port} is taken`)
})

test.each(['http', '-1', '70000', '80.5'])('%s is no port', async (text) => {
  const choosing = choosePorts({
    dataDir: scratchFolder(),
    names: ['api'],
    env: { POSTGANG_API_PORT: text },
    log: () => {},
  })
  await expect(choosing).rejects.toThrow('POSTGANG_API_PORT must be a port number')
})

async function listen(port: number): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return server
}

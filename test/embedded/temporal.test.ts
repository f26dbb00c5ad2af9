import { Client, Connection } from '@temporalio/client'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { describeEnding } from '../../embedded/child.ts'
import { freePort } from '../../embedded/ports.ts'
import { findTemporal } from '../../embedded/temporal-binary.ts'
import { startTemporal } from '../../embedded/temporal.ts'
import type { TemporalOptions } from '../../embedded/temporal.ts'
import { eventually, processesNaming } from './processes.ts'
import { bundleInto, put, scratchFolder } from './scratch.ts'

let binary = ''
beforeAll(async () => {
  binary = await findTemporal({ log: (line) => void process.stderr.write(`${line}\n`) })
}, 900_000)

test('a waiting workflow is there after a kill -9 of the server, and after a stop, on the same port', async () => {
  const dataDir = scratchFolder()
  const port = await freePort()
  const first = await start({ dataDir, port })
  await startWaitingWorkflow(first.address, 'shipment-1')
  process.kill(first.pid(), 'SIGKILL')
  expect(describeEnding(await first.exited)).toBe('killed by SIGKILL')

  const second = await start({ dataDir, port })
  expect(await statusOf(second.address, 'shipment-1')).toBe('RUNNING')
  await second.stop()
  expect(describeEnding(await second.exited)).toBe('exit code 0')

  const third = await start({ dataDir, port })
  expect(third.address).toBe(first.address)
  expect(await statusOf(third.address, 'shipment-1')).toBe('RUNNING')
})

test('the UI answers, knows the codec server and asks no other host for news', async () => {
  const [port, uiPort] = [await freePort(), await freePort()]
  const server = await start({
    dataDir: scratchFolder(),
    port,
    uiPort,
    codecUrl: 'http://127.0.0.1:8081',
    headless: false,
  })
  expect(server.uiUrl).toBe(`http://127.0.0.1:${uiPort}`)
  const settings = (await (await fetch(`${server.uiUrl}/api/v1/settings`)).json()) as Record<string, unknown>
  expect(settings).toMatchObject({ Codec: { Endpoint: 'http://127.0.0.1:8081' } })
  expect(readFileSync(`/proc/${server.pid()}/cmdline`, 'utf8')).toContain('--ui-disable-news-fetch')
})

test('a second server on the same folder is refused, and the first one serves on', { timeout: 60_000 }, async () => {
  const dataDir = scratchFolder()
  const first = await start({ dataDir, port: await freePort() })
  const second = start({ dataDir, port: await freePort() })
  await expect(second).rejects.toThrow(`The Temporal server already runs on this data folder (process ${first.pid()})`)
  await startWaitingWorkflow(first.address, 'shipment-2')
})

test('a server that cannot start says why and where its log is', async () => {
  const dataDir = scratchFolder()
  const broken = startTemporal({ binary: '/bin/false', dataDir, port: 1, log: () => {} })
  await expect(broken).rejects.toThrow(
    `did not start on port 1 (exit code 1). Its log: ${join(dataDir, 'logs', 'temporal.log')}`,
  )
})

test('no process is left 5 s after a kill -9 of the program that started the server', async () => {
  const folder = scratchFolder()
  const dataDir = join(folder, 'data')
  await bundleInto(folder, ['embedded/temporal.ts'])
  const program = put(
    join(folder, 'program.js'),
    `import { startTemporal } from './dist/embedded/temporal.js'
    await startTemporal({ binary: '${binary}', dataDir: '${dataDir}', port: ${await freePort()}, headless: true, log: () => {} })
    console.log('ready')
    setInterval(() => {}, 1000)`,
  )
  const running = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void running.kill('SIGKILL'))
  await new Promise((resolve) => running.stdout.once('data', resolve))
  expect(processesNaming(dataDir).join()).toContain('server start-dev')
  running.kill('SIGKILL')
  await eventually('nothing is left', () => processesNaming(dataDir).length === 0, 5_000)
  expect(existsSync(join(dataDir, 'temporal.db'))).toBe(true)
})

async function start(options: Omit<TemporalOptions, 'binary' | 'log'>) {
  const server = await startTemporal({ headless: true, ...options, binary, log: () => {} })
  onTestFinished(() => server.stop())
  return server
}

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address })
  return use(new Client({ connection })).finally(() => connection.close())
}

async function startWaitingWorkflow(address: string, workflowId: string): Promise<void> {
  await withClient(address, (client) => client.workflow.start('waiting', { workflowId, taskQueue: 'nobody-listens' }))
}

function statusOf(address: string, workflowId: string): Promise<string> {
  return withClient(address, async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name)
}

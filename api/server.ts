import { createAdaptorServer } from '@hono/node-server'
import type { Server } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createFolderBlobStore } from '../adapters/blobs/folder.ts'
import { createTemporal } from '../adapters/temporal/client.ts'
import { createDataConverter } from '../adapters/temporal/data-converter.ts'
import { readApiConfig } from '../config.ts'
import { openDatabase } from '../db/database.ts'
import { createSeal } from '../db/seal.ts'
import { createApp } from './app.ts'
import { createLogger } from './logger.ts'
import { within } from './within.ts'

/** Requests get this long to end after a stop was asked for, connections to others the next time; 5 s together are not reached. */
const graceMs = 2_000
const closeWithinMs = 2_000

const config = readApiConfig()
const log = createLogger({ level: config.log.level, process: 'api' })
process.on('uncaughtException', failed)
process.on('unhandledRejection', failed)
const stopping = new AbortController()

const { db, close: closeDatabase } = openDatabase(config.database)
const temporal = createTemporal({
  ...config.temporal,
  dataConverter: createDataConverter({
    keyRing: config.temporal.keyRing,
    failureConverterPath: fileURLToPath(import.meta.resolve('../adapters/temporal/failure-converter.js')),
  }),
})
const app = createApp({
  db,
  seal: createSeal(config.seal),
  blobs: createFolderBlobStore(config.blobs),
  temporal,
  rules: config.rules,
  maxUnfinished: config.intake.maxUnfinished,
  log,
  stopping: stopping.signal,
})

// An upload may take longer than Node's 300 s for a whole request; how long it may be silent is intake's own limit.
const server = createAdaptorServer({ fetch: app.fetch, serverOptions: { requestTimeout: 0 } }) as Server
server.on('error', failed)
server.listen(config.http.port, config.http.host, () => log.info({ event: 'listening', ...addressOf(server) }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())

async function stop(): Promise<void> {
  stopping.abort()
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  await Promise.race([closed, pause(graceMs)])
  server.closeAllConnections()
  await within(closeWithinMs, Promise.allSettled([temporal.close(), closeDatabase()])).catch(() => {})
  log.info({ event: 'stopped' })
  process.exit(0)
}

function addressOf(listening: Server): { host?: string; port?: number } {
  const address = listening.address()
  return typeof address === 'object' && address ? { host: address.address, port: address.port } : {}
}

/** What nobody foresaw leaves a process whose state nobody knows. */
function failed(error: unknown): void {
  log.fatal({ event: 'failed', err: error })
  process.exit(1)
}

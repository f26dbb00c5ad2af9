import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DataConverter } from '@temporalio/common'
import { createDataConverter } from '../../../adapters/temporal/data-converter.ts'
import { parseKeyRing } from '../../../domain/key-ring.ts'
import { freePort } from '../../../embedded/ports.ts'
import { findTemporal } from '../../../embedded/temporal-binary.ts'
import { startTemporal } from '../../../embedded/temporal.ts'

export const failureConverterPath = fileURLToPath(
  new URL('../../../adapters/temporal/failure-converter.ts', import.meta.url),
)

export function freshDataConverter(): DataConverter {
  const keyRing = parseKeyRing(`test:${randomBytes(32).toString('base64')}`)
  return createDataConverter({ keyRing, failureConverterPath })
}

/** A server of its own on a free port, which can be killed and started again on the same data. */
export async function serverForTest() {
  const log = () => {}
  const binary = await findTemporal({ log })
  const dataDir = await mkdtemp(join(tmpdir(), 'postgang-temporal-'))
  const port = await freePort()
  const start = () => startTemporal({ binary, dataDir, port, headless: true, log })
  let server = await start()
  return {
    address: server.address,
    database: join(dataDir, 'temporal.db'),
    send: (signal: NodeJS.Signals) => process.kill(server.pid(), signal),
    kill: async () => {
      process.kill(server.pid(), 'SIGKILL')
      await server.exited
    },
    startAgain: async () => {
      server = await start()
    },
    remove: async () => {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

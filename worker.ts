import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { pino } from 'pino'
import { createActivities } from './activities/index.ts'
import { convertibleTypes } from './activities/pdf/convert.ts'
import { createFolderBlobStore } from './adapters/blobs/folder.ts'
import { createEmailNotice } from './adapters/channels/email.ts'
import { createMailbox } from './adapters/channels/mailbox.ts'
import { createFolderPrinter } from './adapters/printers/folder.ts'
import { createTemporal } from './adapters/temporal/client.ts'
import { createDataConverter } from './adapters/temporal/data-converter.ts'
import { readWorkerConfig } from './config.ts'
import { openDatabase } from './db/database.ts'
import { moveWaitingLetters } from './db/period-moves.ts'
import { createSeal } from './db/seal.ts'
import { reportWorker } from './db/workers.ts'
import { taskQueue } from './domain/shipment-workflow.ts'

const reportEveryMs = 5_000
const moveEveryMs = 1_000
const upkeepEveryMs = 60_000
const upkeepAgainMs = 2_000
const reconnectAfterMs = 1_000
const graceTime = '8 seconds'

const config = readWorkerConfig()
const log = pino({ level: config.log.level, base: { process: 'worker' } })
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())

Runtime.install({
  // Signals are ours: the SDK would swallow them while no worker runs.
  shutdownSignals: [],
  logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
    log[level === 'ERROR' ? 'error' : 'warn']({ event: 'temporal', ...meta, detail: message }),
  ),
})

const { db, close: closeDatabase } = openDatabase(config.database)
const dataConverter = createDataConverter({
  keyRing: config.temporal.keyRing,
  failureConverterPath: fileURLToPath(import.meta.resolve('./adapters/temporal/failure-converter.js')),
})
const temporal = createTemporal({ ...config.temporal, dataConverter })
const notices = createEmailNotice(config.mail)
const printer = createFolderPrinter(config.printer)
const mailbox = createMailbox({ db })
const activities = createActivities({
  db,
  seal: createSeal(config.seal),
  blobs: createFolderBlobStore(config.blobs),
  mailbox,
  notices,
  printer,
  temporal,
})
const me = { id: randomUUID(), startedAt: new Date() }
let isWorking = false

const duties = [
  every(reportEveryMs, 'report', report),
  every(moveEveryMs, 'move deadlines', moveDeadlines),
  keepTemporalUp(),
]
// Makes the printer's folder where it is new; an outage of it is met again by each letter.
void printer.check().catch(warn('printer-not-ready'))
await runUntilStopped()
await Promise.all(duties)
notices.close()
await temporal.close()
await closeDatabase()
log.info({ event: 'stopped' })

/** Works until it is told to stop; whatever ends the SDK's worker before that, a new one takes its place. */
async function runUntilStopped(): Promise<void> {
  while (!stopping.signal.aborted) {
    try {
      await runOnce()
    } catch (error) {
      warn('worker-ended')(error)
      await rest(reconnectAfterMs)
    }
    isWorking = false
  }
}

async function runOnce(): Promise<void> {
  const connection = await NativeConnection.connect({ address: config.temporal.address })
  try {
    const worker = await Worker.create({
      connection,
      namespace: config.temporal.namespace,
      taskQueue,
      activities,
      dataConverter,
      workflowBundle: { codePath: fileURLToPath(import.meta.resolve('./workflow-bundle.js')) },
      // As many as the database has connections to share; the quick steps run beside them.
      maxConcurrentActivityTaskExecutions: config.database.maxConnections,
      shutdownGraceTime: graceTime,
      shutdownForceTime: '10 seconds',
    })
    const shutdown = () => worker.shutdown()
    stopping.signal.addEventListener('abort', shutdown, { once: true })
    if (stopping.signal.aborted) return
    isWorking = true
    log.info({ event: 'worker-started', taskQueue })
    await worker.run()
    stopping.signal.removeEventListener('abort', shutdown)
  } finally {
    await connection.close()
  }
}

async function report(): Promise<void> {
  await reportWorker(db, {
    ...me,
    abilities: {
      taskQueues: [taskQueue],
      converts: [...convertibleTypes],
      channels: [mailbox.name, notices.name],
      printers: [printer.name],
      temporal: isWorking && (await temporalAnswers()) ? 'connected' : 'unreachable',
    },
  })
}

async function temporalAnswers(): Promise<boolean> {
  return temporal.check().then(
    () => true,
    () => false,
  )
}

async function moveDeadlines(): Promise<void> {
  for (const moved of await moveWaitingLetters(db, config.moves.perSecond)) await temporal.wakeShipment(moved)
}

/** Every minute, and sooner while Temporal is away; when it is back, what was missed meanwhile is caught up with at once. */
async function keepTemporalUp(): Promise<void> {
  let isCaughtUp = false
  while (!stopping.signal.aborted) {
    try {
      await temporal.prepareNamespace()
      if (!isCaughtUp) await temporal.reconcileNow()
      isCaughtUp = true
    } catch (error) {
      isCaughtUp = false
      warn('temporal-not-ready')(error)
    }
    await rest(isCaughtUp ? upkeepEveryMs : upkeepAgainMs)
  }
}

async function rest(ms: number): Promise<void> {
  await pause(ms, undefined, { signal: stopping.signal }).catch(() => {})
}

function warn(event: string): (error: unknown) => void {
  return (error) => log.warn({ event, detail: error instanceof Error ? error.message : String(error) })
}

/** Goes on whatever happens: the next round tries again. */
async function every(intervalMs: number, duty: string, work: () => Promise<void>): Promise<void> {
  while (!stopping.signal.aborted) {
    await work().catch(warn(`failed to ${duty}`))
    await rest(intervalMs)
  }
}

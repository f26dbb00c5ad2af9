import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime } from '@temporalio/worker'
import { createActivities } from '../../activities/index.ts'
import type { Activities } from '../../activities/index.ts'
import type { Dependencies } from '../../activities/dependencies.ts'
import type { Notice, NoticeOutcome } from '../../adapters/channels/contract.ts'
import { createMailbox } from '../../adapters/channels/mailbox.ts'
import { createFolderPrinter } from '../../adapters/printers/folder.ts'
import { readFacts } from '../../db/facts.ts'
import type { ParkInput, StepInput, WorkflowFacts } from '../../domain/shipment-workflow.ts'
import { createTestDependencies } from './api.ts'

export type Workbench = Dependencies & {
  /** Runs a step as Temporal would. */
  step: (
    name: Exclude<keyof Activities, 'reconcile' | 'sweep' | 'park'>,
    shipmentId: string,
    now?: Date,
  ) => Promise<WorkflowFacts>
  park: (input: ParkInput) => Promise<WorkflowFacts>
  /** One step after the other, as the facts say, until they say wait, askPerson or end. */
  goOn: (shipmentId: string, now?: Date) => Promise<WorkflowFacts>
  /** What the mail server answers: an outcome, or an outage. */
  mailServer: { answers: NoticeOutcome | Error; got: Notice[] }
  /** The tickets that lie in the printer's folder. */
  tickets: () => string[]
  printDir: string
  journalDir: string
  blobDir: string
  remove: () => Promise<void>
}

Runtime.install({ logger: new DefaultLogger('ERROR') })

/** The steps on a real database, blob store and printer's folder, with a mail server that answers as it is told. */
export async function createWorkbench(changed: Partial<Dependencies> = {}): Promise<Workbench> {
  const api = await createTestDependencies()
  const dir = mkdtempSync(join(tmpdir(), 'postgang-print-'))
  const printDir = join(dir, 'print')
  const journalDir = join(dir, 'journal')
  const mailServer: Workbench['mailServer'] = { answers: 'accepted', got: [] }
  const dependencies: Dependencies = {
    db: api.db,
    seal: api.seal,
    blobs: api.blobs,
    temporal: api.temporal,
    mailbox: createMailbox({ db: api.db }),
    printer: createFolderPrinter({ dir: printDir, journalDir }),
    notices: {
      name: 'email',
      send: async (notice) => {
        mailServer.got.push(notice)
        if (mailServer.answers instanceof Error) throw mailServer.answers
        return mailServer.answers
      },
      close: () => {},
    },
    ...changed,
  }
  const activities = createActivities(dependencies)
  const step: Workbench['step'] = (name, shipmentId, now = new Date()) => {
    const input: StepInput = { shipmentId, now: now.toISOString() }
    return environment().run(activities[name], input) as Promise<WorkflowFacts>
  }
  return {
    ...dependencies,
    step,
    park: (input) => environment().run(activities.park, input) as Promise<WorkflowFacts>,
    goOn: async (shipmentId, now = new Date()) => {
      let facts = await readFacts(api.db, shipmentId, now.toISOString())
      while (facts.next !== 'wait' && facts.next !== 'askPerson' && facts.next !== 'end')
        facts = await step(facts.next, shipmentId, now)
      return facts
    },
    mailServer,
    tickets: () => readdirSync(printDir).filter((name) => name.endsWith('.json') && !name.startsWith('.')),
    printDir,
    journalDir,
    blobDir: api.blobDir,
    remove: async () => {
      await api.remove()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function environment(): MockActivityEnvironment {
  return new MockActivityEnvironment(undefined, { logger: new DefaultLogger('ERROR') })
}

import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { MockActivityEnvironment } from '@temporalio/testing'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createReconcile } from '../../activities/reconcile.ts'
import { createSweep } from '../../activities/sweep.ts'
import { recall } from '../../db/commands.ts'
import { shipment } from '../../db/schema.ts'
import { anAccount } from '../factories/account.ts'
import { createWorkbench } from '../factories/activities.ts'
import type { Workbench } from '../factories/activities.ts'
import { aNotifiedShipment, aReceivedShipment } from '../factories/shipment.ts'

let bench: Workbench
let accountId: string
let running: string[]
let woken: string[]
beforeAll(async () => {
  bench = await createWorkbench()
})
beforeEach(async () => {
  accountId = (await anAccount(bench.db)).account.id
  running = []
  woken = []
  bench.temporal.listRunningShipments = async function* () {
    yield* running
  }
  bench.temporal.wakeShipment = async ({ shipmentId }) => {
    woken.push(shipmentId)
  }
  await bench.db.update(shipment).set({ closedAt: new Date(), seenRevision: sql`revision` })
})
afterAll(() => bench.remove())

const reconcile = () => new MockActivityEnvironment().run(createReconcile(bench).reconcile)
const sweep = () => new MockActivityEnvironment().run(createSweep(bench).sweep)
const quietFor = (id: string, seconds: number) =>
  bench.db
    .update(shipment)
    .set({ changedAt: sql`clock_timestamp() - make_interval(secs => ${seconds})` })
    .where(eq(shipment.id, id))

describe('reconcile', () => {
  it('starts an open shipment whose workflow does not run', async () => {
    const { id } = await aReceivedShipment(bench.db, { accountId })
    await reconcile()
    expect(woken).toEqual([id])
  })

  it('leaves alone what runs and has seen everything', async () => {
    const { id } = await aNotifiedShipment(bench.db, { accountId })
    running = [id]
    await bench.step('look', id)
    await quietFor(id, 60)
    await reconcile()
    expect(woken).toEqual([])
  })

  it('wakes a workflow that has not seen the newest facts, once they are not brand new', async () => {
    const { id } = await aNotifiedShipment(bench.db, { accountId })
    running = [id]
    await reconcile()
    expect(woken).toEqual([])
    await quietFor(id, 60)
    await reconcile()
    expect(woken).toEqual([id])
  })

  it('wakes a letter past its deadline that does not move', async () => {
    const { id } = await aNotifiedShipment(bench.db, { accountId })
    running = [id]
    await bench.step('look', id)
    await quietFor(id, 60)
    await bench.db
      .update(shipment)
      .set({ printDeadlineAt: sql`clock_timestamp() - interval '1 minute'` })
      .where(eq(shipment.id, id))
    await reconcile()
    expect(woken).toEqual([id])
  })

  it('wakes a workflow that still runs for a shipment that has ended', async () => {
    const { id } = await aNotifiedShipment(bench.db, { accountId })
    await recall(bench.db, id, 'sak')
    await quietFor(id, 60)
    running = [id]
    await reconcile()
    expect(woken).toEqual([id])
    running = []
    await reconcile()
    expect(woken).toEqual([id])
  })
})

describe('the sweep', () => {
  it('removes blobs that no row names a day after they were written, and no other', async () => {
    const { id } = await aReceivedShipment(bench.db, { accountId, blobs: bench.blobs })
    const files = { named: `incoming/${id}/1`, orphan: 'incoming/orphan/1', fresh: 'incoming/fresh/1' }
    for (const key of [files.orphan, files.fresh]) await bench.blobs.put(key, Readable.from([Buffer.from('x')]))
    for (const key of [files.named, files.orphan]) age(join(bench.blobDir, key))
    await sweep()
    await expect(bench.blobs.sizeOf(files.orphan)).rejects.toThrow('No blob')
    expect(await bench.blobs.sizeOf(files.named)).toBeGreaterThan(0)
    expect(await bench.blobs.sizeOf(files.fresh)).toBe(1)
  })
})

function age(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'x', { flag: 'a' })
  const old = new Date(Date.now() - 25 * 60 * 60 * 1000)
  utimesSync(path, old, old)
}

import { Context } from '@temporalio/activity'
import { closedUnseen, openShipments } from '../db/reconcile.ts'
import type { OpenShipment } from '../db/reconcile.ts'
import type { Dependencies } from './dependencies.ts'

const pageSize = 500

/** Starts and wakes what doesn't move. It decides nothing: whoever is woken without need looks, and waits on. */
export const createReconcile = ({ db, temporal }: Dependencies) => ({
  reconcile: async (): Promise<{ started: number; woken: number }> => {
    const running = new Set<string>()
    for await (const shipmentId of temporal.listRunningShipments()) running.add(shipmentId)
    const done = { started: 0, woken: 0 }
    const attend = async (shipment: OpenShipment): Promise<void> => {
      if (!running.has(shipment.id)) done.started += 1
      else if (shipment.needsWaking) done.woken += 1
      else return
      await temporal.wakeShipment({ shipmentId: shipment.id, accountId: shipment.accountId })
    }
    for (let after: string | null = null; ;) {
      const page: OpenShipment[] = await openShipments(db, { after, limit: pageSize })
      for (const shipment of page) await attend(shipment)
      Context.current().heartbeat()
      after = page.at(-1)?.id ?? null
      if (page.length < pageSize) break
    }
    for (const shipment of await closedUnseen(db, pageSize)) if (running.has(shipment.id)) await attend(shipment)
    return done
  },
})

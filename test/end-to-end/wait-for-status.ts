import type { Client, ShipmentView } from '../../tools/client.ts'
import { eventually } from '../embedded/processes.ts'

export async function waitForStatus(
  client: Client,
  id: string,
  wanted: string[],
  timeoutMs = 60_000,
): Promise<ShipmentView> {
  let last: ShipmentView | undefined
  return eventually(
    `shipment becomes ${wanted.join(' or ')}`,
    async () => {
      last = await client.shipment(id).catch(() => last)
      return last && wanted.includes(last.status) ? last : undefined
    },
    timeoutMs,
  ).catch(async (error: unknown) => {
    const history = await client.history(id).catch(() => undefined)
    throw new Error(`${String(error)}; it is ${last?.status}: ${JSON.stringify(history, null, 1)}`)
  })
}

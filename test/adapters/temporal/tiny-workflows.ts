import {
  condition,
  defineQuery,
  defineSignal,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow'
import { factsChangedSignal } from '../../../domain/shipment-workflow.ts'
import type { ShipmentInput } from '../../../domain/shipment-workflow.ts'

export type TinyActivities = {
  readFacts: (secret: string) => Promise<string>
  convert: (shipmentId: string) => Promise<string>
  print: (secret: string) => Promise<void>
}

const { readFacts } = proxyLocalActivities<TinyActivities>({ startToCloseTimeout: '10 seconds' })
const { convert, print } = proxyActivities<TinyActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '100 milliseconds', maximumInterval: '200 milliseconds' },
})

/** A letter that is read from the database, converted, printed once the printer works, and waits for one wake-up. */
export async function shipment({ shipmentId }: ShipmentInput): Promise<string> {
  let wakeUps = 0
  setHandler(defineSignal(factsChangedSignal), () => {
    wakeUps += 1
  })
  setHandler(defineQuery('wakeUps'), () => wakeUps)
  const letter = await readFacts('Argument-9f3c')
  await convert(shipmentId)
  await print.executeWithOptions({ summary: 'ActivitySummary-9f3c' }, [letter])
  await condition(() => wakeUps > 0, '1 hour')
  return 'Result-9f3c'
}

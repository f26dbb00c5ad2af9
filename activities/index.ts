import { createAccept } from './accept.ts'
import { createBecomeDue } from './become-due.ts'
import { createConvert } from './convert.ts'
import type { Dependencies } from './dependencies.ts'
import { createIssueReadReceipt } from './issue-read-receipt.ts'
import { createLook } from './look.ts'
import { createMerge } from './merge.ts'
import { createNotify } from './notify.ts'
import { createPark } from './park.ts'
import { createPrint } from './print.ts'
import { createReconcile } from './reconcile.ts'
import { createStore } from './store.ts'
import { createSweep } from './sweep.ts'
import { createValidate } from './validate.ts'

export type Activities = ReturnType<typeof createActivities>

/** Every step of a shipment's life, in its order, then what looks after them. */
export function createActivities(dependencies: Dependencies) {
  return {
    ...createLook(dependencies),
    ...createValidate(dependencies),
    ...createStore(dependencies),
    ...createConvert(dependencies),
    ...createMerge(dependencies),
    ...createAccept(dependencies),
    ...createNotify(dependencies),
    ...createBecomeDue(dependencies),
    ...createPrint(dependencies),
    ...createIssueReadReceipt(dependencies),
    ...createPark(dependencies),
    ...createReconcile(dependencies),
    ...createSweep(dependencies),
  }
}

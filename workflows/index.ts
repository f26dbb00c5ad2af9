export { reconcile } from './reconcile.ts'
export { shipment } from './shipment.ts'

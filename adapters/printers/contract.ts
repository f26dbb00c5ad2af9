import type { Readable } from 'node:stream'

/** Names one hand-over: a shipment's nth claim. */
export type JobRef = { shipmentId: string; attempt: number }

/** What stands beside the PDF for whoever prints it. */
export type Ticket = {
  shipmentId: string
  number: number
  attempt: number
  pages: number
  sheets: number
  sha256: string
  colour: boolean
  duplex: boolean
  letterType: string
  costCode: string | null
  recipient: { name: string; addressLines: string[] }
  sender: { name: string; addressLines: string[] }
}

export type PrintJob = JobRef & { ticket: Ticket; openPdf: () => Promise<Readable> }

/**
 * Takes letters for print. Methods throw when the printer can't be reached: try again.
 * For one JobRef `submit` is called once; after a crash `lookup` tells what became of it.
 */
export type Printer = {
  name: string
  /** The last stage it reports; the shipment is done there. */
  finalStage: 'sentToPrint'
  /** Asks `mayPublish` as its last act before publishing. `overtaken`: nothing was published, and never will be for this job. */
  submit: (job: PrintJob, mayPublish: () => Promise<boolean>) => Promise<'handedOver' | 'overtaken'>
  lookup: (job: JobRef) => Promise<'present' | 'absent' | 'unknown'>
  /** Makes sure that an absent job can't be published any more, even by a submit that is still under way. */
  takeBack: (job: JobRef) => Promise<'takenBack' | 'present' | 'unknown'>
  /** Throws when the printer can't take a job now. */
  check: () => Promise<void>
}

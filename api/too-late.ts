import type { TooLate } from '../db/commands.ts'
import type { Shipment } from '../db/record-event.ts'

/** The sentence that says why a command can't be done any more. */
export function whyTooLate(late: TooLate | 'statusForbids', row: Shipment): string {
  switch (late) {
    case 'alreadyRead':
      return `The recipient read the letter${row.readAt ? ` at ${row.readAt.toISOString()}` : ''}; it can't be taken back, printed or changed any more.`
    case 'alreadyHandedOver':
      return `The hand-over to the printer has begun (status ${row.status}), and this printer takes nothing back: what is done now comes too late.`
    case 'alreadyEnded':
      return `The shipment has ended with the status ${row.status}; nothing is left to do or to change.`
    case 'notReadableYet':
      return `The letter is not readable yet (status ${row.status}), so nobody can have read it. Report the read again when it is notified.`
    case 'noLongerReadable':
      return `The letter is not readable any more (status ${row.status}): a read of it can't be recorded.`
    case 'digitalOnly':
      return 'The shipment is digital only, and such letters are never printed.'
    case 'noProblem':
      return 'The shipment carries no problem, so there is nothing to try again. See its nextAction.'
    case 'handOverAnswerNeeded':
      return 'It can\'t be known whether the printer has the job. Look there, then send {"handOver": "happened"} or {"handOver": "didNotHappen"}.'
    case 'handOverNotInQuestion':
      return `The problem is ${row.problem}, and no hand-over is in question: send the retry without handOver.`
    case 'statusForbids':
      return `The status ${row.status} does not allow this.`
    default:
      return late satisfies never
  }
}

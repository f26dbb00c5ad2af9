/** The only list of statuses: column, API, workflow and foreign interfaces derive theirs from it. */
export const statuses = [
  /** Safely stored, not yet validated and merged. */
  'received',
  /** What the documents show makes it impossible to send; final. */
  'rejected',
  /** The letter is made; the recipient is being notified or needs paper. */
  'accepted',
  /** The notice has been handed to the notification service; the unread period runs. */
  'notified',
  /** Read by the recipient; final. */
  'read',
  /** Shall be printed; nothing is claimed, a read or recall still wins. */
  'dueForPrint',
  /** Claimed for print: the hand-over to the printer is under way. */
  'handingOver',
  /** The printer has the job. */
  'sentToPrint',
  'printed',
  'posted',
  'printFailed',
  /** Digital only, and not read within the unread period. */
  'sentDigitally',
  /** Digital only, and the recipient couldn't be notified. */
  'undelivered',
  /** Taken back by the sender; final. */
  'recalled',
  /** Ended by a person outside the system; final. */
  'handledManually',
] as const
export type Status = (typeof statuses)[number]

const successors: Record<Status, readonly Status[]> = {
  received: ['rejected', 'accepted', 'recalled', 'handledManually'],
  rejected: [],
  accepted: ['notified', 'read', 'dueForPrint', 'sentDigitally', 'undelivered', 'recalled', 'handledManually'],
  notified: ['read', 'dueForPrint', 'sentDigitally', 'recalled', 'handledManually'],
  read: [],
  dueForPrint: ['handingOver', 'accepted', 'notified', 'read', 'recalled', 'handledManually'],
  handingOver: ['sentToPrint', 'dueForPrint', 'read', 'printFailed'],
  sentToPrint: ['printed', 'posted', 'printFailed'],
  printed: ['posted', 'printFailed'],
  posted: [],
  printFailed: ['dueForPrint', 'handledManually'],
  sentDigitally: ['read', 'undelivered'],
  undelivered: ['read'],
  recalled: [],
  handledManually: [],
}

/** A status may always stay as it is: many events record a fact without moving the shipment. */
export function canBecome(from: Status, to: Status): boolean {
  return from === to || successors[from].includes(to)
}

/** Before the hand-over to the printer begins, a read, a recall or manual handling decides. */
export function isBeforeHandOver(status: Status): boolean {
  return status === 'received' || status === 'accepted' || status === 'notified' || status === 'dueForPrint'
}

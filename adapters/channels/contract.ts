import type { Language } from '../../domain/shipment.ts'

/** A notice tells that a letter waits, never what it says. */
export type Notice = {
  shipmentId: string
  /** The same for every attempt at the same notice. */
  noticeId: string
  to: string
  senderName: string
  language: Language
}

/** An outage is not an unreachable recipient: whatever is neither accepted nor impossible is thrown, and tried again. */
export type NoticeOutcome = 'accepted' | 'refusedForGood'

export type NoticeChannel = {
  name: string
  send: (notice: Notice) => Promise<NoticeOutcome>
  close: () => void
}

/** Where a recipient reads the letter; asked once more immediately before the letter is handed to a printer. */
export type ReadingChannel = {
  name: string
  /** @throws when it can't be asked: then nothing is printed. */
  wasRead: (shipmentId: string) => Promise<boolean>
}

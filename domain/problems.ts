/** What can stop a shipment until a person acts. A closed list: it stands unencrypted in Temporal's search attributes. */
export const problemCodes = [
  'StepFailing',
  'StepWithoutProgress',
  'OriginalDamaged',
  'HandOverUnknown',
  'PrinterRefused',
] as const
export type ProblemCode = (typeof problemCodes)[number]

/** What an operator reads at three in the morning: what is wrong and what to do. */
export const whatToDo: Record<ProblemCode, string> = {
  StepFailing:
    'A step failed again and again. See "pending" and the last failure in the history, mend the cause (disk, mail server, printer folder), then POST /retry.',
  StepWithoutProgress:
    'A step ended without moving the shipment. This is a defect in Postgang: report it with the history, then POST /retry or /handled.',
  OriginalDamaged:
    'A stored original no longer has the hash it was received with. Restore the file in the blob store from backup, then POST /retry; or POST /recall and send again.',
  HandOverUnknown:
    'It can not be known whether the printer has the job. Look for the shipment at the printer, then POST /retry with {"handOver": "happened"} or {"handOver": "didNotHappen"}.',
  PrinterRefused:
    'The printer does not take this job. See the last failure in the history, mend the cause, then POST /retry; or post it by hand and POST /handled.',
}

/** Why a document can't become part of a letter. The codes are part of the API. */
export const documentRefusals = [
  'notAPdf',
  'encryptedPdf',
  'unreadablePdf',
  'pdfWithoutPages',
  'typeMismatch',
  'unsupportedType',
  'unreadableImage',
  'unreadableText',
  'unprintableCharacters',
] as const
export type DocumentRefusal = (typeof documentRefusals)[number]

/** The document itself is at fault: trying again can't help. Holds no personal data, no file name either. */
export class UnacceptableDocument extends Error {
  override name = 'UnacceptableDocument'
  readonly code: DocumentRefusal

  constructor(code: DocumentRefusal, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

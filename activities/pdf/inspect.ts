import { EncryptedPDFError, PDFDocument } from 'pdf-lib'
import { UnacceptableDocument } from '../../domain/errors.ts'

/** Viewers take the header anywhere in here. @see ISO 32000-1 Annex H.3.4.1 note 13 */
const headerWithinBytes = 1024

/**
 * Opens a PDF as its reader would, with the empty password where it has one.
 * @throws UnacceptableDocument notAPdf, encryptedPdf, unreadablePdf, pdfWithoutPages
 */
export async function openPdf(bytes: Uint8Array): Promise<PDFDocument> {
  if (!hasPdfHeader(bytes)) throw new UnacceptableDocument('notAPdf', 'The document has no PDF header')
  const document = await load(bytes)
  try {
    if (document.getPages().length > 0) return document
  } catch (cause) {
    throw new UnacceptableDocument('unreadablePdf', "The PDF's pages can't be read", { cause })
  }
  throw new UnacceptableDocument('pdfWithoutPages', 'The PDF has no pages')
}

export async function inspectPdf(bytes: Uint8Array): Promise<{ pages: number }> {
  return { pages: (await openPdf(bytes)).getPageCount() }
}

export function hasPdfHeader(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, headerWithinBytes)).includes('%PDF-')
}

async function load(bytes: Uint8Array): Promise<PDFDocument> {
  const options = { updateMetadata: false, throwOnInvalidObject: true }
  try {
    return await PDFDocument.load(bytes, options)
  } catch (error) {
    if (!isEncryption(error)) throw unreadable(error)
  }
  try {
    return await PDFDocument.load(bytes, { ...options, password: '' })
  } catch (cause) {
    throw new UnacceptableDocument('encryptedPdf', 'The PDF only opens with a password', { cause })
  }
}

function isEncryption(error: unknown): boolean {
  return error instanceof EncryptedPDFError || (error instanceof Error && /encrypt/i.test(error.message))
}

function unreadable(cause: unknown): UnacceptableDocument {
  return new UnacceptableDocument('unreadablePdf', "The PDF is damaged and can't be read", { cause })
}

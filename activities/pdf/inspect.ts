import { EncryptedPDFError, PDFArray, PDFDocument, PDFName, PDFNumber, PDFStream } from 'pdf-lib'
import type { PDFPage, PDFPageLeaf } from 'pdf-lib'
import { UnacceptableDocument } from '../../domain/errors.ts'

/** Viewers take the header anywhere in here. @see ISO 32000-1 Annex H.3.4.1 note 13 */
const headerWithinBytes = 1024

/**
 * Opens a PDF as its reader would, with the empty password where it has one.
 * @throws UnacceptableDocument notAPdf, encryptedPdf, unreadablePdf, pdfWithoutPages
 */
export async function openPdf(bytes: Uint8Array): Promise<PDFDocument> {
  if (!hasPdfHeader(bytes)) throw new UnacceptableDocument('notAPdf', 'The document has no PDF header')
  if (!hasPdfEnd(bytes)) throw new UnacceptableDocument('unreadablePdf', 'The PDF is cut off')
  const document = await load(bytes)
  if (pagesOf(document).length > 0) return document
  throw new UnacceptableDocument('pdfWithoutPages', 'The PDF has no pages')
}

/** All of them: the library skips a page that it doesn't find, and a letter must not lose one. */
function pagesOf(document: PDFDocument): PDFPage[] {
  let pages: PDFPage[] = []
  let declared: number | undefined
  try {
    pages = document.getPages()
    declared = document.catalog.Pages().lookup(PDFName.of('Count'), PDFNumber).asNumber()
    for (const { node } of pages) checkContents(node)
  } catch (cause) {
    throw new UnacceptableDocument('unreadablePdf', "The PDF's pages can't be read", { cause })
  }
  if (declared === pages.length) return pages
  throw new UnacceptableDocument('unreadablePdf', `The PDF has ${pages.length} of its ${declared} pages`)
}

/** A page without contents is blank; one whose contents are missing would be. */
function checkContents(page: PDFPageLeaf): void {
  const contents = page.get(PDFName.of('Contents'))
  const streams = page.Contents()
  if (contents === undefined) return
  const isStream = (object: unknown) => object instanceof PDFStream
  const whole =
    streams instanceof PDFArray
      ? streams.asArray().every((each) => isStream(page.context.lookup(each)))
      : isStream(streams)
  if (!whole) throw new Error('A page lacks its contents')
}

export async function inspectPdf(bytes: Uint8Array): Promise<{ pages: number }> {
  return { pages: (await openPdf(bytes)).getPageCount() }
}

/** Where Acrobat looks for it. @see ISO 32000-1 Annex H.3.4.4 note 18 */
const endWithinBytes = 1024

/** Some programs fill the file up behind the end. */
function hasPdfEnd(bytes: Uint8Array): boolean {
  const padding = new Set([0x00, 0x09, 0x0a, 0x0c, 0x0d, 0x20])
  let end = bytes.length
  while (end > 0 && padding.has(bytes[end - 1] ?? -1)) end -= 1
  const from = Math.max(0, end - endWithinBytes)
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).includes('%%EOF')
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

import { PDFHexString } from 'pdf-lib'
import type { PDFDocument } from 'pdf-lib'

const fixedDate = new Date(0)
const fixedId = '00000000000000000000000000000000'

/** The same document gives the same bytes: no clock and no chance in them. */
export async function finish(document: PDFDocument): Promise<Uint8Array> {
  document.setProducer('Postgang')
  document.setCreator('Postgang')
  document.setCreationDate(fixedDate)
  document.setModificationDate(fixedDate)
  const id = PDFHexString.of(fixedId)
  document.context.trailerInfo.ID = document.context.obj([id, id])
  // With object streams the library's time grows with the square of the number of objects.
  return document.save({ useObjectStreams: false, updateFieldAppearances: false })
}

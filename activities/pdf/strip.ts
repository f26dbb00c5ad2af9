import { PDFArray, PDFDict, PDFName } from 'pdf-lib'
import type { PDFContext, PDFDocument, PDFObject } from 'pdf-lib'

const names = (all: string) => all.split(' ').map((name) => PDFName.of(name))
/** What a page or an annotation does, plays or has attached. @see ISO 32000-1 § 12.5.6, § 12.6.3, § 13 */
const activeInPage = names('AA AF PieceInfo Metadata Thumb B StructParents Trans PresSteps')
const activeInAnnotation = names(
  'AA AF PA FS Movie Sound 3DD 3DV 3DA 3DI RichMediaContent RichMediaSettings StructParent',
)
/** Without what they carried they are not what they were: their picture stays. */
const carriers = new Set(['/FileAttachment', '/Sound', '/Movie', '/Screen', '/3D', '/RichMedia'])
const passiveActions = new Set(['/GoTo', '/URI'])

/**
 * Takes out what would act in the reader's hands: scripts, programs to start, attachments, media, signatures that the merge breaks.
 * What is printed stays as it is.
 */
export function stripActiveContent(document: PDFDocument): void {
  const { context, catalog } = document
  for (const { node } of document.getPages()) {
    activeInPage.forEach((name) => node.delete(name))
    for (const annotation of dictsOf(node.lookup(PDFName.of('Annots')), context)) {
      stripActions(annotation)
      const subtype = PDFName.of('Subtype')
      if (carriers.has(String(annotation.lookup(subtype)))) annotation.set(subtype, PDFName.of('Stamp'))
    }
  }
  const form = catalog.lookup(PDFName.of('AcroForm'))
  if (form instanceof PDFDict) stripFields(dictsOf(form.lookup(PDFName.of('Fields')), context), context)
}

function stripActions(dict: PDFDict): void {
  activeInAnnotation.forEach((name) => dict.delete(name))
  const action = dict.lookup(PDFName.of('A'))
  if (!(action instanceof PDFDict)) dict.delete(PDFName.of('A'))
  else if (passiveActions.has(String(action.lookup(PDFName.of('S'))))) action.delete(PDFName.of('Next'))
  else dict.delete(PDFName.of('A'))
}

/** Not recursive: a damaged file may nest its fields without end, or in a circle. */
function stripFields(roots: PDFDict[], context: PDFContext): void {
  const seen = new Set<PDFDict>()
  const waiting = [...roots]
  for (let field = waiting.pop(); field; field = waiting.pop()) {
    if (seen.has(field)) continue
    seen.add(field)
    stripActions(field)
    if (String(field.lookup(PDFName.of('FT'))) === '/Sig') field.delete(PDFName.of('V'))
    waiting.push(...dictsOf(field.lookup(PDFName.of('Kids')), context))
  }
}

function dictsOf(list: PDFObject | undefined, context: PDFContext): PDFDict[] {
  if (!(list instanceof PDFArray)) return []
  return list
    .asArray()
    .map((each) => context.lookup(each))
    .filter((each) => each instanceof PDFDict)
}

import { PDFArray, PDFDict, PDFDocument, PDFName, PDFString, StandardFonts, degrees, rgb } from 'pdf-lib'

const a4 = [595.28, 841.89] as const

/** A PDF whose pages say "page 1" and so on. */
export async function aPdf(options: { pages?: number; text?: string } = {}): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  const font = await document.embedFont(StandardFonts.Helvetica)
  for (let number = 1; number <= (options.pages ?? 1); number += 1)
    document.addPage([...a4]).drawText(options.text ?? `page ${number}`, { x: 72, y: 700, size: 24, font })
  return document.save({ useObjectStreams: false })
}

/** Opens only with this user password; with an empty one, for everybody. */
export async function anEncryptedPdf(userPassword: string): Promise<Uint8Array> {
  const document = await PDFDocument.load(await aPdf())
  document.encrypt({ userPassword, ownerPassword: 'owner', permissions: {} })
  return document.save({ useObjectStreams: false })
}

/** A black square in a layer that is switched off. */
export async function aPdfWithHiddenLayer(): Promise<Uint8Array> {
  const document = await PDFDocument.load(await aPdf({ text: 'shown' }))
  const { context } = document
  const layer = context.register(context.obj({ Type: 'OCG', Name: 'hidden' }))
  const page = document.getPage(0)
  const resources = page.node.Resources()
  resources?.set(PDFName.of('Properties'), context.obj({ MC0: layer }))
  const content = context.stream('/OC /MC0 BDC 0 0 0 rg 100 100 300 300 re f EMC')
  page.node.addContentStream(context.register(content))
  document.catalog.set(PDFName.of('OCProperties'), context.obj({ OCGs: [layer], D: { Order: [layer], OFF: [layer] } }))
  return document.save({ useObjectStreams: false })
}

export async function aPdfWithFilledForm(value: string): Promise<Uint8Array> {
  const document = await PDFDocument.load(await aPdf({ text: 'form' }))
  const field = document.getForm().createTextField('name')
  field.setText(value)
  field.addToPage(document.getPage(0), { x: 72, y: 500, width: 300, height: 30 })
  return document.save({ useObjectStreams: false })
}

/** Size and fonts stand in the page tree's root, as old office programs write them. */
export async function aPdfWithInheritedAttributes(): Promise<Uint8Array> {
  const document = await PDFDocument.load(await aPdf({ text: 'inherited' }))
  const page = document.getPage(0).node
  const parent = page.Parent()
  for (const name of ['Resources', 'MediaBox'].map((each) => PDFName.of(each))) {
    const value = page.get(name)
    if (value) parent?.set(name, value)
    page.delete(name)
  }
  return document.save({ useObjectStreams: false })
}

/** A link on the first page that leads to the last. */
export async function aPdfWithLinks(pages: number): Promise<Uint8Array> {
  const document = await PDFDocument.load(await aPdf({ pages }))
  const { context } = document
  const target = document.getPage(pages - 1).ref
  const link = context.obj({
    Type: 'Annot',
    Subtype: 'Link',
    Rect: [72, 690, 200, 730],
    Border: [0, 0, 0],
    Dest: [target, 'Fit'],
  })
  document.getPage(0).node.set(PDFName.of('Annots'), context.obj([context.register(link)]))
  return document.save({ useObjectStreams: false })
}

export async function aLandscapePdf(): Promise<Uint8Array> {
  const document = await PDFDocument.create()
  const page = document.addPage([a4[1], a4[0]])
  page.setRotation(degrees(90))
  page.drawRectangle({ x: 50, y: 50, width: 100, height: 100, color: rgb(0, 0, 0) })
  return document.save({ useObjectStreams: false })
}

/** Scripts, a program to start, an attachment and a signature, at every place that a reader looks for them. */
export async function aPdfWithActiveContent(): Promise<Uint8Array> {
  const document = await PDFDocument.load(await aPdfWithFilledForm('Ola'))
  const { context } = document
  const script = () => context.obj({ S: 'JavaScript', JS: PDFString.of('app.alert(1)') })
  await document.attach(new TextEncoder().encode('attached'), 'attached.txt')
  document.addJavaScript('open', 'app.alert(2)')
  document.catalog.set(PDFName.of('OpenAction'), script())
  const page = document.getPage(0).node
  page.set(PDFName.of('AA'), context.obj({ O: script() }))
  const form = document.getForm().acroForm.dict
  for (const field of document.getForm().getFields())
    field.acroField.dict.set(PDFName.of('AA'), context.obj({ K: script() }))
  const signature = context.obj({ Type: 'Sig', Filter: 'Adobe.PPKLite', ByteRange: [0, 1, 2, 3] })
  const signed = context.register(context.obj({ FT: 'Sig', T: PDFString.of('signed'), V: context.register(signature) }))
  form.lookup(PDFName.of('Fields'), PDFArray).push(signed)
  const link = (action: PDFDict) => ({ Type: 'Annot', Subtype: 'Link', Rect: [72, 690, 200, 730], A: action })
  const launch = context.obj({ S: 'Launch', F: PDFString.of('calc.exe') })
  const chained = context.obj({ S: 'URI', URI: PDFString.of('https://example.no/'), Next: script() })
  const file = context.obj({
    Type: 'Filespec',
    F: PDFString.of('evil.exe'),
    EF: { F: context.register(context.stream('MZ')) },
  })
  const attachment = { Type: 'Annot', Subtype: 'FileAttachment', Rect: [10, 10, 20, 20], FS: context.register(file) }
  const annotations = page.lookup(PDFName.of('Annots'), PDFArray)
  for (const each of [link(launch), link(chained), attachment]) annotations.push(context.register(context.obj(each)))
  form.set(PDFName.of('XFA'), PDFString.of('<xdp/>'))
  return document.save({ useObjectStreams: false, updateFieldAppearances: false })
}

/** Its catalog names things of the wrong kind; the pages are in order. */
export async function aPdfWithMalformedCatalog(): Promise<Uint8Array> {
  const document = await PDFDocument.load(await aPdf())
  document.catalog.set(PDFName.of('OCProperties'), document.context.obj([1, 2, 3]))
  return document.save({ useObjectStreams: false })
}

/** Cut off at every place in turn, and the end marked as if nothing was missing. */
export function cutOff(whole: Uint8Array, share: number): Uint8Array {
  return Buffer.concat([whole.subarray(0, Math.floor(whole.length * share)), Buffer.from('\nstartxref\n0\n%%EOF\n')])
}

/** The annotations of a page, for tests that look inside. */
export function annotationsOf(document: PDFDocument, page: number): PDFDict[] {
  const list = document.getPage(page).node.lookupMaybe(PDFName.of('Annots'), PDFArray)
  return (list?.asArray() ?? []).map((ref) => document.context.lookup(ref, PDFDict))
}

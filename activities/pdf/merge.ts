import {
  PDFArray,
  PDFBool,
  PDFDict,
  PDFDocument,
  PDFHexString,
  PDFName,
  PDFObjectCopier,
  PDFPage,
  PDFString,
} from 'pdf-lib'
import type { PDFObject, PDFRef } from 'pdf-lib'
import { UnacceptableDocument } from '../../domain/errors.ts'
import { finish } from './finish.ts'
import { addFrontPage } from './front-page.ts'
import type { FrontPage } from './front-page.ts'
import { openPdf } from './inspect.ts'
import { stripActiveContent } from './strip.ts'

export type Letter = { bytes: Uint8Array; pages: number }

/** What a page may take from its ancestors in the page tree. @see ISO 32000-1 § 7.7.3.4 */
const inheritable = ['Resources', 'MediaBox', 'CropBox', 'Rotate'].map((name) => PDFName.of(name))

/** A document of the letter that can't be merged; `part` counts from 0. */
export class UnmergeablePart extends Error {
  override name = 'UnmergeablePart'
  readonly part: number
  readonly refusal: UnacceptableDocument

  constructor(part: number, refusal: UnacceptableDocument) {
    super(refusal.message, { cause: refusal })
    this.part = part
    this.refusal = refusal
  }
}

/**
 * Front page and documents as one PDF. The library's own page copying prints hidden layers and loses forms, so pages are copied here,
 * one copier a document, and its layers and form with them.
 * @throws UnmergeablePart
 */
export async function mergeLetter({
  frontPage,
  parts,
}: {
  frontPage: FrontPage
  parts: Uint8Array[]
}): Promise<Letter> {
  const letter = await PDFDocument.create()
  await addFrontPage(letter, frontPage)
  const carried: Carried = { groups: [], hidden: [], usage: [], fields: [], needAppearances: false }
  for (const [index, part] of parts.entries()) {
    try {
      carry(letter, { source: await openPdf(part), index, carried })
    } catch (cause) {
      throw new UnmergeablePart(index, asRefusal(cause))
    }
  }
  addLayers(letter, carried)
  addForm(letter, carried)
  return { bytes: await finish(letter), pages: letter.getPageCount() }
}

/** What stands beside the pages in a document's catalog and must come along. */
type Carried = {
  groups: PDFObject[]
  hidden: PDFObject[]
  usage: PDFObject[]
  fields: PDFObject[]
  resources?: PDFObject
  appearance?: PDFObject
  needAppearances: boolean
}

/** Whatever the library stumbles over lies in the document: it has opened, but is not built as a PDF must be. */
function asRefusal(cause: unknown): UnacceptableDocument {
  if (cause instanceof UnacceptableDocument) return cause
  return new UnacceptableDocument('unreadablePdf', "The PDF's structure is damaged", { cause })
}

function carry(letter: PDFDocument, given: { source: PDFDocument; index: number; carried: Carried }): void {
  const { source, index, carried } = given
  stripActiveContent(source)
  const copier = PDFObjectCopier.for(source.context, letter.context)
  copyPages(letter, source, copier)
  const layers = source.catalog.lookupMaybe(PDFName.of('OCProperties'), PDFDict)
  if (layers) carryLayers(carried, copier.copy(layers))
  const form = source.catalog.lookupMaybe(PDFName.of('AcroForm'), PDFDict)
  if (form) carryForm(carried, { form: copier.copy(form), letter, prefix: `d${index + 1}.` })
}

function copyPages(letter: PDFDocument, source: PDFDocument, copier: PDFObjectCopier): void {
  const pages = source.getPages()
  // Known beforehand: links between pages then point at the copies, and don't drag the whole page tree along.
  const copies = pages.map((page) => {
    const ref = letter.context.nextRef()
    traversedObjects(copier).set(page.ref, ref)
    return ref
  })
  pages.forEach((page, index) => {
    const { node } = page
    for (const name of inheritable) {
      const value = node.getInheritableAttribute(name)
      if (value && !node.has(name)) node.set(name, value)
    }
    node.delete(PDFName.of('Parent'))
    const copy = copier.copy(node)
    const ref = copies[index]
    if (!ref) return
    letter.context.assign(ref, copy)
    letter.addPage(PDFPage.of(copy, ref, letter))
  })
}

/** Private in the library's types; a test of links between pages holds it to its place. */
function traversedObjects(copier: PDFObjectCopier): Map<PDFObject, PDFObject | PDFRef> {
  return (copier as unknown as { traversedObjects: Map<PDFObject, PDFObject | PDFRef> }).traversedObjects
}

/** @see ISO 32000-1 § 8.11.4 */
function carryLayers(carried: Carried, properties: PDFDict): void {
  const groups = listOf(properties, 'OCGs')
  carried.groups.push(...groups)
  const settings = properties.lookupMaybe(PDFName.of('D'), PDFDict)
  if (!settings) return
  const shown = new Set(listOf(settings, 'ON').map(String))
  const startsHidden = String(settings.get(PDFName.of('BaseState'))) === '/OFF'
  carried.hidden.push(...(startsHidden ? groups.filter((group) => !shown.has(String(group))) : listOf(settings, 'OFF')))
  carried.usage.push(...listOf(settings, 'AS'))
}

function addLayers(letter: PDFDocument, { groups, hidden, usage }: Carried): void {
  if (groups.length === 0) return
  const { context } = letter
  const settings = context.obj({ Order: context.obj(groups), OFF: context.obj(hidden), AS: context.obj(usage) })
  letter.catalog.set(
    PDFName.of('OCProperties'),
    context.register(context.obj({ OCGs: context.obj(groups), D: settings })),
  )
}

/** Fields of two documents may have the same name; then they would show the same value. */
function carryForm(carried: Carried, given: { form: PDFDict; letter: PDFDocument; prefix: string }): void {
  const { form, letter, prefix } = given
  for (const ref of listOf(form, 'Fields')) {
    const field = letter.context.lookup(ref)
    if (!(field instanceof PDFDict)) continue
    const name = field.lookup(PDFName.of('T'))
    if (name instanceof PDFString || name instanceof PDFHexString)
      field.set(PDFName.of('T'), PDFHexString.fromText(prefix + name.decodeText()))
    carried.fields.push(ref)
  }
  carried.resources ??= form.get(PDFName.of('DR'))
  carried.appearance ??= form.get(PDFName.of('DA'))
  carried.needAppearances ||= form.get(PDFName.of('NeedAppearances')) === PDFBool.True
}

function addForm(letter: PDFDocument, { fields, resources, appearance, needAppearances }: Carried): void {
  if (fields.length === 0) return
  const { context } = letter
  const form = context.obj({ Fields: context.obj(fields), NeedAppearances: needAppearances })
  if (resources) form.set(PDFName.of('DR'), resources)
  if (appearance) form.set(PDFName.of('DA'), appearance)
  letter.catalog.set(PDFName.of('AcroForm'), context.register(form))
}

function listOf(dict: PDFDict, name: string): PDFObject[] {
  return dict.lookupMaybe(PDFName.of(name), PDFArray)?.asArray() ?? []
}

import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, link, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { JobRef, Printer } from './contract.ts'

export type FolderPrinterOptions = {
  /** Where readers take letters from. */
  dir: string
  /** What was handed over; outside `dir`, on a disk that isn't lost. */
  journalDir: string
}

/*
 * One hand-over, attempt k of shipment S:
 *   1. `.S.k.pdf.part` and `.S.k.json.part` are written and synced in `dir`;
 *   2. the intent `S.k` is linked into the journal, which only one can do;
 *   3. the PDF is renamed, then the ticket: the ticket's rename is the hand-over. Readers act on tickets only.
 * Whoever takes a job back either takes the intent's name first, so that step 2 fails for ever, or renames the ticket's temporary
 * file, so that step 3 does. Nothing is written once the intent stands, so exactly one of two overlapping attempts succeeds.
 */
export function createFolderPrinter({ dir, journalDir }: FolderPrinterOptions): Printer {
  const known = pairing({ dir, journalDir })
  const filesOf = ({ shipmentId, attempt }: JobRef) => ({
    pdfPart: join(dir, `.${shipmentId}.${attempt}.pdf.part`),
    ticketPart: join(dir, `.${shipmentId}.${attempt}.json.part`),
    withdrawn: join(dir, `.${shipmentId}.${attempt}.withdrawn`),
    pdf: join(dir, `${shipmentId}.pdf`),
    ticket: join(dir, `${shipmentId}.json`),
    intent: join(journalDir, `${shipmentId}.${attempt}`),
  })

  const lookup: Printer['lookup'] = async (job) => {
    if (!(await known.agree())) return 'unknown'
    const files = filesOf(job)
    const intent = await readIntent(files.intent)
    if (intent === 'unreadable') return 'unknown'
    if (intent !== 'stands') return 'absent'
    return (await exists(files.ticketPart)) || (await exists(files.withdrawn)) ? 'absent' : 'present'
  }

  const takeBack: Printer['takeBack'] = async (job) => {
    if (!(await known.agree())) return 'unknown'
    const files = filesOf(job)
    if (!(await noteIntent(journalDir, files.intent, 'withdrawn'))) {
      const intent = await readIntent(files.intent)
      if (intent === 'unreadable' || intent === 'none') return 'unknown'
      if (
        intent === 'stands' &&
        !(await movedTo(files.ticketPart, files.withdrawn)) &&
        !(await exists(files.withdrawn))
      )
        return 'present'
    }
    await syncFolder(dir)
    // In this order: a slow attempt may still rename the part to the final name.
    for (const file of [files.ticketPart, files.pdfPart]) await rm(file, { force: true })
    // A later attempt's PDF has the same name, and is not ours to remove.
    const next = filesOf({ ...job, attempt: job.attempt + 1 })
    if (!(await exists(next.intent))) await rm(files.pdf, { force: true })
    return 'takenBack'
  }

  const submit: Printer['submit'] = async (job, mayPublish) => {
    await known.insist()
    const files = filesOf(job)
    await write(files.pdfPart, await job.openPdf())
    await write(files.ticketPart, Readable.from([JSON.stringify(job.ticket, null, 2)]))
    await syncFolder(dir)
    if (!(await noteIntent(journalDir, files.intent, 'stands'))) {
      for (const file of [files.ticketPart, files.pdfPart]) await rm(file, { force: true })
      return 'overtaken'
    }
    if (!(await movedTo(files.pdfPart, files.pdf))) return 'overtaken'
    await syncFolder(dir)
    if (!(await mayPublish())) return 'overtaken'
    if (!(await movedTo(files.ticketPart, files.ticket))) return 'overtaken'
    await syncFolder(dir)
    return 'handedOver'
  }

  return { name: 'folder', finalStage: 'sentToPrint', submit, lookup, takeBack, check: known.insist }
}

type Intent = 'stands' | 'withdrawn'

/** Links a whole file to its name, so that the intent is there with its content or not at all. @returns false: it was there. */
async function noteIntent(journalDir: string, path: string, intent: Intent): Promise<boolean> {
  const temporary = join(journalDir, `.${randomUUID()}`)
  await write(temporary, Readable.from([intent]))
  try {
    await link(temporary, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
    await syncFolder(journalDir)
  }
}

async function readIntent(path: string): Promise<Intent | 'none' | 'unreadable'> {
  try {
    const text = await readFile(path, 'utf8')
    return text === 'stands' || text === 'withdrawn' ? text : 'unreadable'
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? 'none' : 'unreadable'
  }
}

/** Folder and journal carry the same id: another journal, or one that isn't mounted, knows nothing of our hand-overs. */
function pairing({ dir, journalDir }: FolderPrinterOptions) {
  const marks = [join(journalDir, 'journal-id'), join(dir, '.postgang-journal')] as const
  const read = () => Promise.all(marks.map((mark) => readFile(mark, 'utf8').catch(() => undefined)))
  const agree = async (): Promise<boolean> => {
    const [journal, folder] = await read()
    return journal !== undefined && journal === folder
  }
  const introduce = async (): Promise<void> => {
    for (const folder of [journalDir, dir]) await mkdir(folder, { recursive: true, mode: 0o755 })
    const [journal, folder] = await read()
    if (journal !== undefined || folder !== undefined) return
    const id = randomUUID()
    for (const mark of marks) await write(mark, Readable.from([id]))
    for (const made of [journalDir, dir]) await syncFolder(made)
  }
  const insist = async (): Promise<void> => {
    if (!(await agree())) await introduce()
    if (!(await agree()))
      throw new Error(
        `The printer's folder and its journal don't belong together (${marks.join(', ')}): ` +
          'see that the right disks are mounted, and restore the journal from backup',
      )
    await access(dir, constants.W_OK)
  }
  return { agree, insist }
}

async function write(path: string, source: Readable): Promise<void> {
  const file = await open(path, 'w', 0o644)
  try {
    for await (const chunk of source) await file.writeFile(chunk)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** @returns false when there was nothing to move: another attempt was quicker. */
async function movedTo(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { JobRef, PrintJob, Printer } from '../../../adapters/printers/contract.ts'
import { createFolderPrinter } from '../../../adapters/printers/folder.ts'

/** The nth change to the file system from now on is the last one that this process lives to make. */
let dieAfter = Infinity
let changes = 0
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>()
  const mortal =
    <Args extends unknown[], Result>(change: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (changes >= dieAfter) throw new Error('killed')
      changes += 1
      return change(...args)
    }
  return { ...real, rename: mortal(real.rename), link: mortal(real.link), rm: mortal(real.rm), open: mortal(real.open) }
})

const yes = async () => true

describe("the printer's folder", () => {
  let base: string
  let dir: string
  let journalDir: string
  let printer: Printer
  beforeEach(async () => {
    base = await fs.mkdtemp(join(tmpdir(), 'postgang-printer-'))
    dir = join(base, 'print')
    journalDir = join(base, 'journal')
    printer = createFolderPrinter({ dir, journalDir })
    dieAfter = Infinity
    await printer.check()
  })
  afterEach(async () => {
    dieAfter = Infinity
    await fs.rm(base, { recursive: true, force: true })
  })

  const job = (attempt = 1, shipmentId: string = randomUUID()): PrintJob => ({
    shipmentId,
    attempt,
    ticket: {
      shipmentId,
      attempt,
      number: 7,
      pages: 2,
      sheets: 1,
      sha256: 'x',
      colour: false,
      duplex: true,
      letterType: 'A',
      costCode: null,
      recipient: { name: 'Kari', addressLines: ['0155 Oslo'] },
      sender: { name: 'Kommunen', addressLines: ['0037 Oslo'] },
    },
    openPdf: async () => Readable.from([Buffer.from('%PDF-1.7')]),
  })
  const seen = async (): Promise<string[]> => (await fs.readdir(dir)).filter((name) => !name.startsWith('.')).toSorted()
  /** What a reader does: acts on a ticket, and takes both files away at once. */
  const takeAway = async ({ shipmentId }: JobRef): Promise<boolean> => {
    if (!(await seen()).includes(`${shipmentId}.json`)) return false
    expect(await seen()).toContain(`${shipmentId}.pdf`)
    for (const ending of ['pdf', 'json']) await fs.rm(join(dir, `${shipmentId}.${ending}`))
    return true
  }

  it('holds PDF and ticket under the id of the shipment, and nothing else that a reader sees', async () => {
    const sent = job()
    expect(await printer.submit(sent, yes)).toBe('handedOver')
    expect(await seen()).toEqual([`${sent.shipmentId}.json`, `${sent.shipmentId}.pdf`])
    const ticket = JSON.parse(await fs.readFile(join(dir, `${sent.shipmentId}.json`), 'utf8')) as unknown
    expect(ticket).toEqual(sent.ticket)
    expect(await printer.lookup(sent)).toBe('present')
  })

  it('still knows of a job whose files were taken away', async () => {
    const sent = job()
    await printer.submit(sent, yes)
    expect(await takeAway(sent)).toBe(true)
    expect(await printer.lookup(sent)).toBe('present')
    expect(await printer.takeBack(sent)).toBe('present')
  })

  it('knows nothing of a job that was never submitted, and of one with the next number', async () => {
    const sent = job()
    expect(await printer.lookup(sent)).toBe('absent')
    await printer.submit(sent, yes)
    expect(await printer.lookup({ ...sent, attempt: 2 })).toBe('absent')
  })

  it('publishes nothing without leave, and the job can be taken back', async () => {
    const sent = job()
    expect(await printer.submit(sent, async () => false)).toBe('overtaken')
    expect(await printer.lookup(sent)).toBe('absent')
    expect(await printer.takeBack(sent)).toBe('takenBack')
    expect(await seen()).toEqual([])
  })

  it('asks for leave as the last act before the ticket', async () => {
    const sent = job()
    const mayPublish = async () => {
      expect(await seen()).toEqual([`${sent.shipmentId}.pdf`])
      return true
    }
    expect(await printer.submit(sent, mayPublish)).toBe('handedOver')
  })

  it('killed after any step, is asked, taken back where absent, and tried again: exactly one letter comes out', async () => {
    for (let step = 0; ; step += 1) {
      const sent = job()
      changes = 0
      dieAfter = step
      const survived = await printer.submit(sent, yes).then(
        () => true,
        () => false,
      )
      dieAfter = Infinity
      let letters = Number(await takeAway(sent))
      const found = await printer.lookup(sent)
      if (found === 'absent') {
        expect(letters).toBe(0)
        expect(await printer.takeBack(sent)).toBe('takenBack')
        expect(await seen()).toEqual([])
        expect(await printer.submit(job(2, sent.shipmentId), yes)).toBe('handedOver')
        letters += Number(await takeAway(sent))
      } else expect(found).toBe('present')
      expect(letters).toBe(1)
      if (survived) return expect(step).toBeGreaterThan(8)
    }
  })

  it('killed while taking back, answers the same when it is asked again', async () => {
    for (let step = 0; ; step += 1) {
      const sent = job()
      expect(await printer.submit(sent, async () => false)).toBe('overtaken')
      changes = 0
      dieAfter = step
      const survived = await printer.takeBack(sent).then(
        () => true,
        () => false,
      )
      dieAfter = Infinity
      expect(await printer.lookup(sent)).toBe('absent')
      expect(await printer.takeBack(sent)).toBe('takenBack')
      expect(await printer.lookup(sent)).toBe('absent')
      expect(await seen()).toEqual([])
      if (survived) return expect(step).toBeGreaterThan(3)
    }
  })

  it('frozen at any step while another takes the job back and hands over anew, publishes nothing more', async () => {
    for (const frozenIn of ['pdf', 'leave'] as const) {
      let thaw = (): void => {}
      const frozen = new Promise<void>((resolve) => {
        thaw = resolve
      })
      const slow = job()
      if (frozenIn === 'pdf')
        slow.openPdf = async () => {
          await frozen
          return Readable.from([Buffer.from('%PDF-1.7 slow')])
        }
      const leave = async () => {
        if (frozenIn === 'leave') await frozen
        return true
      }
      const first = printer.submit(slow, leave)
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(await printer.lookup(slow)).toBe('absent')
      expect(await printer.takeBack(slow)).toBe('takenBack')
      expect(await printer.submit(job(2, slow.shipmentId), yes)).toBe('handedOver')
      thaw()
      expect(await first).toBe('overtaken')
      expect(await seen()).toEqual([`${slow.shipmentId}.json`, `${slow.shipmentId}.pdf`])
      expect(await takeAway(slow)).toBe(true)
      expect(await seen()).toEqual([])
    }
  })

  it('does not know when its journal is missing, and takes no job then', async () => {
    const sent = job()
    await printer.submit(sent, yes)
    await fs.rename(journalDir, `${journalDir}-away`)
    expect(await printer.lookup(sent)).toBe('unknown')
    expect(await printer.takeBack(sent)).toBe('unknown')
    await expect(printer.submit(job(), yes)).rejects.toThrow('journal')
    await expect(printer.check()).rejects.toThrow('mounted')
    await fs.rm(journalDir, { recursive: true, force: true })
    await fs.rename(`${journalDir}-away`, journalDir)
    expect(await printer.lookup(sent)).toBe('present')
  })

  it("does not believe another folder's journal", async () => {
    const other = join(base, 'other')
    await createFolderPrinter({ dir: join(base, 'other-print'), journalDir: other }).check()
    const mixed = createFolderPrinter({ dir, journalDir: other })
    expect(await mixed.lookup(job())).toBe('unknown')
    await expect(mixed.check()).rejects.toThrow("don't belong together")
  })
})

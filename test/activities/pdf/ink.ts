import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const dotsPerInch = 72

/** A page as poppler draws it, in grey, to count what is printed on it. */
export function render(pdf: Uint8Array, page = 1) {
  const dir = mkdtempSync(join(tmpdir(), 'postgang-ink-'))
  try {
    const file = join(dir, 'letter.pdf')
    writeFileSync(file, pdf)
    const args = [
      '-r',
      String(dotsPerInch),
      '-gray',
      '-f',
      String(page),
      '-l',
      String(page),
      '-singlefile',
      file,
      join(dir, 'page'),
    ]
    execFileSync('pdftoppm', args, { stdio: ['ignore', 'ignore', 'ignore'] })
    return inkOf(readFileSync(join(dir, 'page.pgm')))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

export function textOf(pdf: Uint8Array): string {
  return execFileSync('pdftotext', ['-layout', '-', '-'], { input: pdf, encoding: 'utf8' })
}

/** Binary greymap: "P5", width, height, greatest value, then a byte for each dot. */
function inkOf(image: Buffer) {
  const [, width = 0, height = 0] =
    /^P5\s+(\d+)\s+(\d+)\s+\d+\s/.exec(image.subarray(0, 64).toString('latin1'))?.map(Number) ?? []
  const dots = image.subarray(image.length - width * height)
  const toDots = (mm: number) => Math.round((mm / 25.4) * dotsPerInch)
  return {
    widthMm: (width / dotsPerInch) * 25.4,
    /** Dark dots within a box, in mm from the top left corner. */
    dark: (box: { leftMm?: number; topMm?: number; rightMm?: number; bottomMm?: number } = {}): number => {
      const right = Math.min(width, toDots(box.rightMm ?? 10_000))
      const bottom = Math.min(height, toDots(box.bottomMm ?? 10_000))
      let number = 0
      for (let y = toDots(box.topMm ?? 0); y < bottom; y += 1)
        for (let x = toDots(box.leftMm ?? 0); x < right; x += 1) if ((dots[y * width + x] ?? 255) < 160) number += 1
      return number
    },
  }
}

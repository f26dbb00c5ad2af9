import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Lines that `patches/` puts into the driver. */
const marks = [
  { file: 'connection.js', line: 'if (terminated || !socket)' },
  { file: 'index.js', line: 'if (lost) return q.reject(lost)' },
]

/**
 * postgres.js 3.4.9 ends the process when a connection dies inside a transaction, and can commit one transaction's statements inside
 * another. No process of ours runs without the patch.
 * @see https://github.com/porsager/postgres/issues/1155 and 1066, 1154, 1208, 1215, 1216
 */
export function assertDriverIsPatched(driver = import.meta.resolve('postgres')): void {
  for (const { file, line } of marks) {
    const source = readFileSync(fileURLToPath(new URL(file, driver)), 'utf8')
    if (!source.includes(line))
      throw new Error(
        `The database driver lacks our patch (${file}): without it a lost connection can commit the wrong rows. ` +
          'Run "npx patch-package", or install without --ignore-scripts',
      )
  }
}

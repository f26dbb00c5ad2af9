import { build } from 'esbuild'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** A folder of the test's own, which every user may enter, as the database's does when root runs it. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'postgang-test-'))
  chmodSync(folder, 0o755)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function put(file: string, content: string, mode = 0o644): string {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  chmodSync(file, mode)
  return file
}

/** Bundles programs into `dist` of a project of their own, as `npm start` runs them. */
export async function bundleInto(project: string, entryPoints: string[]): Promise<void> {
  put(join(project, 'package.json'), '{ "type": "module" }')
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'))
  const options = { bundle: true, packages: 'external', format: 'esm', platform: 'node', target: 'node20' } as const
  await build({
    ...options,
    absWorkingDir: root,
    entryPoints,
    outbase: '.',
    outdir: join(project, 'dist'),
    logLevel: 'error',
  })
}

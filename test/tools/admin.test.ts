import { afterAll, beforeAll, expect, test } from 'vitest'
import { findCaller } from '../../db/keys.ts'
import { UsageError, administer } from '../../tools/admin.ts'
import { createTestDatabase } from '../servers.ts'
import type { TestDatabase } from '../servers.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

const admin = (...args: string[]) => administer(() => database.url, args)
const account = ['--name', 'Lillevik kommune', '--organisation-id', '974760673']
const address = ['--address-line', 'Rådhusgata 1', '--postal-code', '0155', '--city', 'Oslo']
const idIn = (line: string | undefined) => /[\da-f-]{36}/.exec(line ?? '')?.[0] ?? ''

test('an account and a key are made, listed and revoked', async () => {
  const accountId = idIn((await admin('account', 'create', ...account, ...address))[0])
  expect(await admin('account', 'list')).toContain(`${accountId}  974760673  Lillevik kommune`)

  const [said, key = ''] = await admin(
    'key',
    'create',
    '--account',
    accountId,
    '--sender-system',
    'sak',
    '--scopes',
    'read,send',
  )
  const keyId = idIn(said)
  expect(await findCaller(database.db, key)).toEqual({
    keyId,
    accountId,
    senderSystem: 'sak',
    scopes: ['send', 'read'],
  })
  expect(await admin('key', 'list')).toEqual([`${keyId}  Lillevik kommune  sak  send,read  in use`])

  await admin('key', 'revoke', '--id', keyId)
  expect(await findCaller(database.db, key)).toBeUndefined()
  expect((await admin('key', 'list'))[0]).toMatch(/revoked 20\d\d-/)
  await expect(admin('key', 'revoke', '--id', keyId)).rejects.toThrow('no key')
})

const someId = 'f3f3a7a6-6f5b-4a39-9d0c-1d9a3e9b6a01'

test.each([
  [[], 'account create --name'],
  [['account'], 'account create --name'],
  [['account', 'delete'], 'account create --name'],
  [['account', 'create', ...address], '--name is missing'],
  [['account', 'create', ...account, '--city', 'Oslo', '--postal-code', '0155'], '--address-line must be given'],
  [['account', 'create', '--name', 'x', '--organisation-id', '974760674', ...address], 'right check digit'],
  [['account', 'create', ...account, ...address.with(3, '155')], '--postal-code must be four digits'],
  [['account', 'list', '--all'], "Unknown option '--all'"],
  [['key', 'create', '--account', 'x', '--sender-system', 'sak', '--scopes', 'send'], '--account must be an id'],
  [['key', 'create', '--account', someId, '--sender-system', 'sak', '--scopes', 'send'], 'There is no account'],
  [['key', 'revoke', '--id', someId], 'There is no key'],
])('%j is answered with what is wrong', async (args, says) => {
  const wrong = admin(...args)
  await expect(wrong).rejects.toBeInstanceOf(UsageError)
  await expect(wrong).rejects.toThrow(says)
})

test('a scope that does not exist is refused', async () => {
  const accountId = idIn((await admin('account', 'create', ...account, ...address))[0])
  const wrong = admin('key', 'create', '--account', accountId, '--sender-system', 'sak', '--scopes', 'send,all')
  await expect(wrong).rejects.toThrow('--scopes must be some of send,read,manage')
})

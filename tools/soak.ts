import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Client } from './client.ts'
import { giveQuota, inflict, keepReader } from './soak/faults.ts'
import type { Happened } from './soak/faults.ts'
import { judge } from './soak/judge.ts'
import type { Evidence } from './soak/judge.ts'
import { liveThrough } from './soak/letters.ts'
import type { Told } from './soak/letters.ts'
import { makePlan } from './soak/plan.ts'
import { startStack } from './stack.ts'

/*
 * Process: `npm run soak -- --letters 300 --seed 1 [--minutes 12] [--json FILE]`. Sends letters of all kinds through servers of its own while
 * it kills them, and judges by what it sent and what came out.
 */
const usage = 'usage: npm run soak -- --letters N --seed S [--minutes M] [--json FILE]'
const { values } = parseArgs({
  options: {
    letters: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    json: { type: 'string' },
  },
})
const letters = Number(values.letters)
const seed = Number(values.seed)
const minutes = Number(values.minutes ?? Math.max(2, letters / 25))
if (![letters, seed, minutes].every((number) => Number.isFinite(number) && number >= 0) || letters < 1) {
  console.error(usage)
  process.exit(2)
}

let startedAt = Date.now()
const settleMs = 4 * 60_000
const plan = makePlan({ letters, seed, minutes })
const quotas: ReturnType<typeof giveQuota>[] = []
const stack = await startStack({}, (dataDir) => {
  const blobDir = join(dataDir, 'blobs')
  mkdirSync(blobDir)
  quotas.push(giveQuota(blobDir))
})
const quota = quotas[0] ?? { missing: 'not tried' }
if ('missing' in quota) say(`the disk is not filled: ${quota.missing}`)
const takenDir = join(stack.dataDir, 'taken')
const reader = keepReader(join(stack.dataDir, 'print'), takenDir)
const client = stack.client()
const over = new AbortController()
startedAt = Date.now()
say(`${letters} letters and ${plan.faults.length} faults in ${minutes} minutes; data in ${stack.dataDir}`)
await client.call('PUT', '/v1/settings', { unreadPeriod: { amount: 30, unit: 'days' } })

const faults: Happened[] = []
const feed: Evidence['feed'] = []
const told: Told[] = []
const following = followFeed(client, feed, over.signal)
const faulting = makeFaults()
const moving = moveWaiting()
const progress = setInterval(
  () => say(`${told.length}/${letters} letters, ${faults.length}/${plan.faults.length} faults`),
  20_000,
)
const giveUp = AbortSignal.timeout(minutes * 60_000 + settleMs)
await Promise.all(
  plan.letters.map(async (letter) => {
    await pause(Math.max(0, startedAt + letter.sendAtMs - Date.now()))
    told.push(
      await liveThrough(client, letter, giveUp).catch((): Told => ({
        letter,
        id: '',
        promised: null,
        oddities: ['never answered'],
      })),
    )
  }),
)
await faulting
await moving
await untilSettled()
clearInterval(progress)
over.abort()
await following
const verdict = judge(await collect(), { letters })
reader.stop()
await stack.stop()
if ('release' in quota) quota.release()
await stack.destroy()

const { findings, weaknesses, ...figures } = verdict
for (const finding of findings.slice(0, 40)) console.log(`  ${finding}`)
for (const weakness of weaknesses) console.log(`  too weak: ${weakness}`)
for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(16)} ${JSON.stringify(value)}`)
if (values.json) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`)
process.exit(findings.length + weaknesses.length > 0 ? 1 : 0)

async function makeFaults(): Promise<void> {
  const given = {
    stack,
    blobDir: join(stack.dataDir, 'blobs'),
    killReader: reader.kill,
    hasQuota: 'release' in quota,
    log: say,
  }
  await Promise.all(
    plan.faults.map(async (planned) => {
      await pause(Math.max(0, startedAt + planned.atMs - Date.now()))
      faults.push(await inflict(given, planned))
    }),
  )
}

/** Shortens the account's period for the letters that wait under it, and lengthens it again, as an administrator might. */
async function moveWaiting(): Promise<void> {
  const change = async (amount: number, unit: string): Promise<void> => {
    for (;;) {
      const answer = await client
        .call('PUT', '/v1/settings?applyTo=waiting', { unreadPeriod: { amount, unit } })
        .catch(() => undefined)
      if (answer?.status === 200) return
      await pause(500)
    }
  }
  for (const share of [0.3, 0.6]) {
    await pause(Math.max(0, startedAt + minutes * 60_000 * share - Date.now()))
    await change(2, 'seconds')
    await pause(15_000)
    await change(30, 'days')
  }
  await pause(Math.max(0, startedAt + minutes * 60_000 * 0.8 - Date.now()))
  await change(2, 'seconds')
}

/** Until every letter has ended or carries a problem. */
async function untilSettled(): Promise<void> {
  for (let quiet = 0; quiet < 3 && !giveUp.aborted; await pause(2_000)) {
    const statuses = await Promise.all(told.map(({ id }) => client.shipment(id).catch(() => undefined)))
    const isSettled = statuses.every(
      (each) => each && (each.nextAction?.what === 'nothing' || each.problem) && !each.status?.startsWith('handing'),
    )
    quiet = isSettled ? quiet + 1 : 0
  }
}

async function followFeed(from: Client, into: Evidence['feed'], signal: AbortSignal): Promise<void> {
  type Page = { items?: Evidence['feed']; next?: unknown }
  let after: unknown = 0
  for (let last = false; !last;) {
    last = signal.aborted
    const page = await from
      .call<Page>('GET', `/v1/events?after=${String(after)}&limit=200${last ? '' : '&wait=2'}`)
      .catch(() => undefined)
    if (page?.status !== 200) {
      await pause(300)
      last = false
      continue
    }
    const items = page.body.items ?? []
    into.push(...items.map(({ position, shipmentId, seq }) => ({ position, shipmentId, seq })))
    after = page.body.next ?? items.at(-1)?.position ?? after
    if (items.length > 0) last = false
  }
}

async function collect(): Promise<Evidence> {
  const shipments: Evidence['shipments'] = new Map()
  const histories: Evidence['histories'] = new Map()
  for (const { id } of told) {
    const shipment = await client.call<Parameters<typeof shipments.set>[1]>('GET', `/v1/shipments/${id}`)
    if (shipment.status !== 200) continue
    shipments.set(id, shipment.body)
    histories.set(id, (await client.history(id)).events)
  }
  const jobs: Evidence['jobs'] = new Map()
  for (const name of readdirSync(takenDir).filter((each) => each.endsWith('.json'))) {
    const id = name.slice(0, 36)
    jobs.set(id, (jobs.get(id) ?? 0) + 1)
  }
  const notices: Evidence['notices'] = new Map()
  const mailDir = join(stack.dataDir, 'mail')
  for (const name of readdirSync(mailDir).filter((each) => each.endsWith('.eml'))) {
    const [, messageId = '', id = ''] =
      /^Message-ID: <([^@>]*\.([0-9a-f-]{36}))@/im.exec(readFileSync(join(mailDir, name), 'utf8')) ?? []
    notices.set(id, (notices.get(id) ?? new Set()).add(messageId))
  }
  return { told, shipments, histories, jobs, notices, feed, faults }
}

function say(line: string): void {
  console.log(`${((Date.now() - startedAt || 0) / 1000).toFixed(0).padStart(5)} s  ${line}`)
}

// One way of losing a connection, in a process of its own, since an unpatched driver may end it.
// usage: node scenario.mjs <url of the driver> <url of the database> <scenario>; prints its findings as JSON.
import { createServer, connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

const [, , driverUrl, databaseUrl, name] = process.argv
const { default: postgres } = await import(driverUrl)
const unhandled = []
process.on('unhandledRejection', (error) => unhandled.push(String(error?.message)))

const options = { onnotice() {}, connect_timeout: 3, backoff: () => 0.1 }
const admin = postgres(databaseUrl, { ...options, max: 1, fetch_types: false })
const terminate = (pid) => admin`select pg_terminate_backend(${pid})`
/** What became of it: ok, its error, or that it hangs. */
const outcome = (promise, ms = 3000) =>
  Promise.race([
    promise.then(
      () => 'ok',
      (error) => error.code ?? error.message,
    ),
    pause(ms, 'hangs', { ref: false }),
  ])
const rows = async () => (await admin`select who from t order by who`).map(({ who }) => who)

const scenarios = {
  // Upstream 1155, 1215, 1216: A loses its connection while idle, B begins on the same connection object, A goes on.
  async 'wrong commit'() {
    const sql = postgres(databaseUrl, { ...options, max: 1 })
    let pid
    const [aGoesOn, letA] = gate()
    const [bGoesOn, letB] = gate()
    const a = sql.begin(async (tx) => {
      ;[{ pid }] = await tx`select pg_backend_pid() as pid`
      await aGoesOn
      await tx`insert into t values ('A')`
    })
    a.catch(() => {})
    while (!pid) await pause(10)
    const b = sql.begin(async (tx) => {
      await tx`insert into t values ('B')`
      letA()
      await bGoesOn
      throw new Error('B rolls back')
    })
    b.catch(() => {})
    await terminate(pid)
    await pause(700)
    letB()
    const ended = [await outcome(a), await outcome(b)]
    return { sql, committed: await rows(), allSettled: !ended.includes('hangs') }
  },
  // Upstream 1066, 1154, 1208.
  async 'terminated in flight'() {
    const sql = postgres(databaseUrl, { ...options, max: 2 })
    let pid
    const tx = sql.begin(async (tx) => {
      ;[{ pid }] = await tx`select pg_backend_pid() as pid`
      await tx`select pg_sleep(5)`
    })
    tx.catch(() => {})
    while (!pid) await pause(10)
    await terminate(pid)
    return { sql, allSettled: (await outcome(tx)) !== 'hangs' }
  },
  async 'terminated while idle'() {
    const sql = postgres(databaseUrl, { ...options, max: 2 })
    let pid
    const [goesOn, go] = gate()
    const tx = sql.begin(async (tx) => {
      ;[{ pid }] = await tx`select pg_backend_pid() as pid`
      await goesOn
      await tx`insert into t values ('dead')`.catch(() => {})
      await tx`insert into t values ('dead too')`
    })
    tx.catch(() => {})
    while (!pid) await pause(10)
    await terminate(pid)
    await pause(300)
    go()
    const ended = await outcome(tx)
    return { sql, allSettled: ended !== 'hangs', committed: await rows() }
  },
  async 'terminated with a queue'() {
    const sql = postgres(databaseUrl, { ...options, max: 2 })
    let pid
    let ended = []
    const tx = sql.begin(async (tx) => {
      ;[{ pid }] = await tx`select pg_backend_pid() as pid`
      const queries = [
        tx`select pg_sleep(5)`,
        ...Array.from({ length: 200 }, () => tx`insert into t values ('queued')`),
      ]
      ended = await Promise.all(queries.map((query) => outcome(query)))
      throw new Error('lost')
    })
    tx.catch(() => {})
    while (!pid) await pause(10)
    await pause(100)
    await terminate(pid)
    const whole = await outcome(tx, 5000)
    return {
      sql,
      allSettled: whole !== 'hangs' && !ended.includes('hangs') && ended.length === 201,
      committed: await rows(),
    }
  },
  async 'terminated while reserved'() {
    const sql = postgres(databaseUrl, { ...options, max: 1 })
    const reserved = await sql.reserve()
    const [{ pid }] = await reserved`select pg_backend_pid() as pid`
    const query = outcome(reserved`select pg_sleep(5)`)
    await pause(50)
    await terminate(pid)
    const ended = [await query, await outcome(reserved`select 1`)]
    reserved.release()
    return { sql, allSettled: !ended.includes('hangs') }
  },
  async 'reset in a transaction'() {
    const proxy = await throughProxy()
    const sql = postgres(proxy.url, { ...options, max: 1 })
    let begun = false
    const tx = sql.begin(async (tx) => {
      await tx`select 1`
      begun = true
      await tx`select pg_sleep(5)`
    })
    tx.catch(() => {})
    while (!begun) await pause(10)
    proxy.resetAll()
    return { sql, proxy, allSettled: (await outcome(tx)) !== 'hangs' }
  },
  async 'reset while types are fetched'() {
    const proxy = await throughProxy((data) => (data.includes('pg_catalog.pg_type') ? 'reset' : undefined))
    const sql = postgres(proxy.url, { ...options, max: 1 })
    const ended = [await outcome(sql`select 1`), await outcome(sql`select 2`)]
    proxy.heal()
    return { sql, proxy, allSettled: !ended.includes('hangs') }
  },
  async 'ended at start-up'() {
    const proxy = await throughProxy(() => 'end')
    const sql = postgres(proxy.url, { ...options, max: 1 })
    const ended = await outcome(sql`select 1`)
    const connections = proxy.connections()
    proxy.heal()
    return { sql, proxy, allSettled: ended !== 'hangs', connections }
  },
}

await admin`create table if not exists t (who text)`
await admin`truncate t`
const { sql, proxy, ...found } = await scenarios[name]()
const afterwards = []
for (let i = 0; i < 3; i += 1) afterwards.push(await outcome(sql`select ${i}::int`, 5000))
afterwards.push(
  await outcome(
    sql.begin((tx) => tx`select 1`),
    5000,
  ),
)
process.stdout.write(JSON.stringify({ ...found, afterwards, unhandled }))
await Promise.race([Promise.all([sql.end({ timeout: 1 }), admin.end({ timeout: 1 })]), pause(2000)])
proxy?.close()
process.exit(0)

function gate() {
  let open
  return [new Promise((resolve) => (open = resolve)), open]
}

/** A proxy in front of the database that can cut what goes through it. */
async function throughProxy(judge = () => undefined) {
  let isHealed = false
  let connections = 0
  const sockets = new Set()
  const server = createServer((client) => {
    connections += 1
    const upstream = connect(Number(new URL(databaseUrl).port), '127.0.0.1')
    sockets.add(client)
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.on('data', (data) => {
      const cut = isHealed ? undefined : judge(data)
      if (cut) upstream.destroy()
      if (cut === 'reset') client.resetAndDestroy()
      else if (cut === 'end') client.end()
      else upstream.write(data)
    })
    upstream.pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.port = String(server.address().port)
  return {
    url: url.href,
    connections: () => connections,
    heal: () => (isHealed = true),
    resetAll: () => sockets.forEach((socket) => socket.resetAndDestroy()),
    close: () => {
      server.close()
      sockets.forEach((socket) => socket.destroy())
    },
  }
}

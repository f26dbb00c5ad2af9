import { serve } from '@hono/node-server'
import { pino } from 'pino'
import { createCodec } from '../adapters/temporal/codec.ts'
import { readCodecConfig } from '../config.ts'
import { createCodecApp } from './codec-app.ts'

const { codecServer, log: logConfig } = readCodecConfig()
const { host, port, allowedOrigins, keyRing } = codecServer
const log = pino({ name: 'codec-server', level: logConfig.level })

const app = createCodecApp({ codec: createCodec(keyRing), allowedOrigins, log })
const server = serve({ fetch: app.fetch, hostname: host, port }, (address) => {
  log.info({ host: address.address, port: address.port, allowedOrigins }, 'listening')
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => server.close())
}

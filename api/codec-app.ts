import type { Payload, PayloadCodec } from '@temporalio/common'
import { Hono } from 'hono'
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { HTTPException } from 'hono/http-exception'
import type { Logger } from 'pino'
import { z } from 'zod'
import { UndecodablePayload } from '../adapters/temporal/codec.ts'

export type CodecAppOptions = {
  codec: PayloadCodec
  /** Origins of the Temporal UI, exact: `http://localhost:8233` is not `http://127.0.0.1:8233`. */
  allowedOrigins: string[]
  log: Pick<Logger, 'error'>
}

const maxBodyBytes = 4 * 1024 * 1024

const bytes = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')))

/** Payloads in protobuf's JSON form; the CLI sends a body without any. */
const payloadsBody = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), bytes).optional(), data: bytes.optional() })).default([]),
})

/**
 * Encrypts and decrypts payloads for the Temporal UI and CLI. Whoever reaches it reads what Temporal stores: it belongs on loopback.
 * @see https://docs.temporal.io/production-deployment/data-encryption
 */
export function createCodecApp({ codec, allowedOrigins, log }: CodecAppOptions): Hono {
  const app = new Hono()
  app.use(refuseOtherOrigins(allowedOrigins))
  app.use(
    cors({
      origin: allowedOrigins,
      allowMethods: ['POST', 'OPTIONS'],
      allowHeaders: ['Content-Type', 'X-Namespace', 'Authorization'],
    }),
  )
  app.use(bodyLimit({ maxSize: maxBodyBytes }))
  for (const direction of ['encode', 'decode'] as const) {
    app.post(`/${direction}`, async (c) => {
      const body = payloadsBody.safeParse(parseJson(await c.req.text()))
      if (!body.success) return c.json({ message: `Not payloads as JSON: ${z.prettifyError(body.error)}` }, 400)
      const payloads = await codec[direction](body.data.payloads)
      return c.json({ payloads: payloads.map(toJson) })
    })
  }
  app.onError((error, c) => {
    if (error instanceof UndecodablePayload) return c.json({ message: error.message }, 400)
    if (error instanceof HTTPException) return error.getResponse()
    log.error({ error }, 'codecFailed')
    return c.json({ message: 'internal error' }, 500)
  })
  return app
}

/** A page elsewhere could otherwise have payloads decrypted, by rebinding its own name to this address. */
function refuseOtherOrigins(allowedOrigins: string[]): MiddlewareHandler {
  return async (c, next) => {
    const origin = c.req.header('Origin')
    if (origin === undefined || allowedOrigins.includes(origin)) return next()
    return c.json({ message: `Origin ${origin} may not ask: add it to UI_ORIGIN` }, 403)
  }
}

/** Undefined, which is no body that anyone may send, where the text isn't JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toJson({ metadata, data }: Payload) {
  const fields = Object.entries(metadata ?? {}).map(([name, value]) => [name, toBase64(value)])
  return { metadata: Object.fromEntries(fields), ...(data ? { data: toBase64(data) } : {}) }
}

function toBase64(value: Uint8Array): string {
  return Buffer.from(value).toString('base64')
}

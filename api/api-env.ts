import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Caller } from '../db/keys.ts'

/** What the middleware puts beside a request. */
export type ApiEnv = { Variables: { requestId: string; caller: Caller } }

export type Api = OpenAPIHono<ApiEnv>

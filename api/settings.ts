import { createRoute, z } from '@hono/zod-openapi'
import { changeSettings, readSettings } from '../db/settings.ts'
import type { Api } from './api-env.ts'
import { bearer, requireScope } from './auth.ts'
import { limitBody, periodErrors, refuseIfAny } from './body-checks.ts'
import type { ApiDependencies } from './dependencies.ts'
import { Problem } from './problem.ts'
import { problemResponses } from './problem-responses.ts'
import { settingsChange, settingsNow } from './schemas.ts'

const get = createRoute({
  method: 'get',
  path: '/v1/settings',
  tags: ['Settings'],
  summary: "The account's settings, and which unread period is in force",
  middleware: [requireScope('read')] as const,
  security: bearer('read'),
  responses: {
    200: { description: 'The settings', content: { 'application/json': { schema: settingsNow } } },
    ...problemResponses(),
  },
})

const put = createRoute({
  method: 'put',
  path: '/v1/settings',
  tags: ['Settings'],
  summary: 'Changes those that are sent, for letters to come; with `applyTo=waiting` for those that wait, too',
  middleware: [requireScope('manage'), limitBody] as const,
  security: bearer('manage'),
  request: {
    query: z.strictObject({
      applyTo: z.enum(['waiting']).optional().openapi({
        description: 'Moves the deadlines of waiting letters that have no unread period of their own.',
      }),
    }),
    body: { required: true, content: { 'application/json': { schema: settingsChange } } },
  },
  responses: {
    200: {
      description: 'The settings as they now are, and how many waiting letters will be moved',
      content: { 'application/json': { schema: settingsNow.extend({ moving: z.number().int() }) } },
    },
    ...problemResponses('malformedJson', 'unsupportedMediaType', 'bodyTooLarge'),
  },
})

export function registerSettings(app: Api, { db, rules }: ApiDependencies): void {
  app.openapi(get, async (c) => {
    const found = await readSettings(db, c.get('caller').accountId)
    if (!found) throw new Problem('notFound', { detail: 'The account is gone.' })
    return c.json(found, 200)
  })

  app.openapi(put, async (c) => {
    const { unreadPeriod, withoutNotice } = c.req.valid('json')
    if (unreadPeriod) refuseIfAny(periodErrors(unreadPeriod, { within: '/unreadPeriod', rules }))
    const applyToWaiting = c.req.valid('query').applyTo === 'waiting'
    const { accountId } = c.get('caller')
    const changed = await changeSettings(db, accountId, { settings: { unreadPeriod, withoutNotice }, applyToWaiting })
    return c.json({ ...changed.settings, moving: changed.moving }, 200)
  })
}

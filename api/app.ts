import { OpenAPIHono } from '@hono/zod-openapi'
import { answerInTime } from './answer-in-time.ts'
import type { Api, ApiEnv } from './api-env.ts'
import { authenticate } from './auth.ts'
import { registerCommands } from './commands.ts'
import type { ApiDependencies } from './dependencies.ts'
import { registerDocs } from './docs.ts'
import { createEventWatch } from './event-watch.ts'
import { registerEvents } from './events.ts'
import { refuseInvalid } from './field-errors.ts'
import { registerFiles } from './files.ts'
import { registerHealth } from './health.ts'
import { registerHistory } from './history.ts'
import { registerIntake } from './intake.ts'
import { logRequests } from './log-requests.ts'
import { Problem, answerErrors, answerProblem } from './problem.ts'
import { registerSettings } from './settings.ts'
import { registerShipments } from './shipments.ts'

/** The whole API, without a port. */
export function createApp(deps: ApiDependencies): Api {
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid })
  app.onError(answerErrors(deps.log))
  app.notFound((c) =>
    answerProblem(c, new Problem('notFound', { detail: 'No such path: the documentation is at /docs.' })),
  )
  app.use(logRequests(deps.log))
  app.use(answerInTime())
  app.use('/v1/*', authenticate(deps.db))

  const watch = createEventWatch(deps.db)
  registerIntake(app, deps)
  registerShipments(app, deps)
  registerHistory(app, { ...deps, watch })
  registerEvents(app, { ...deps, watch })
  registerFiles(app, deps)
  registerCommands(app, deps)
  registerSettings(app, deps)
  registerHealth(app, deps)
  registerDocs(app)
  return app
}

import { createHash } from 'node:crypto'
import type { Api } from './api-env.ts'
import { bearerScheme } from './auth.ts'
import { docsPage } from './docs-page.ts'
import { docsStyle } from './docs-style.ts'
import { problemTypes } from './problem-types.ts'

const described = {
  openapi: '3.1.0',
  info: {
    title: 'Postgang',
    version: '1',
    description:
      'Takes official letters from the systems of a public body, and sees each one through until it is read digitally or lies in the mailbox on paper.',
  },
  servers: [{ url: '/', description: 'This installation' }],
  tags: [
    { name: 'Shipments', description: 'Send letters and see how they stand.' },
    { name: 'Events', description: 'What happened, letter by letter or for the whole account.' },
    {
      name: 'Commands',
      description: 'Each is committed at once and answers with the shipment, or says why it is too late.',
    },
    { name: 'Files', description: 'Documents and letters, whole or by range.' },
    { name: 'Settings', description: "The account's." },
    { name: 'Health', description: 'Without a key.' },
  ],
}

/** Browsers load nothing but the page itself, with this one style. */
const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(docsStyle).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** Comes last, when every route is known. */
export function registerDocs(app: Api): void {
  app.openAPIRegistry.registerComponent('securitySchemes', bearerScheme, {
    type: 'http',
    scheme: 'bearer',
    description:
      'A key of the account, made with "npm run admin -- key create". Its scopes are `send`, `read` and `manage`.',
  })
  const document = app.getOpenAPI31Document(described)

  app.get('/openapi.json', (c) => c.json(document))

  app.get('/docs', async (c) => {
    c.header('Content-Security-Policy', contentSecurityPolicy)
    return c.html(await docsPage(document, new URL(c.req.url).origin))
  })

  app.get('/', (c) => c.redirect('/docs'))

  app.get('/problems/:code', (c) => {
    const code = c.req.param('code')
    return code in problemTypes ? c.redirect(`/docs#problem-${code}`) : c.notFound()
  })
}

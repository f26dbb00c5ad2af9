import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { z } from 'zod'
import type { Api } from './api-env.ts'
import { docsStyle } from './docs-style.ts'
import { problemTypes } from './problem-types.ts'

type Document = ReturnType<Api['getOpenAPI31Document']>
type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** The parts of JSON Schema (2020-12) and OpenAPI 3.1 that our own document uses. */
type Schema = {
  $ref?: string | undefined
  type?: string | string[] | undefined
  format?: string | undefined
  description?: string | undefined
  enum?: unknown[] | undefined
  const?: unknown
  default?: unknown
  example?: unknown
  items?: Schema | undefined
  properties?: Record<string, Schema> | undefined
  required?: string[] | undefined
  anyOf?: Schema[] | undefined
  oneOf?: Schema[] | undefined
  allOf?: Schema[] | undefined
}
const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    format: z.string().optional(),
    description: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    default: z.unknown().optional(),
    example: z.unknown().optional(),
    items: schema.optional(),
    properties: z.record(z.string(), schema).optional(),
    required: z.array(z.string()).optional(),
    anyOf: z.array(schema).optional(),
    oneOf: z.array(schema).optional(),
    allOf: z.array(schema).optional(),
  }),
)
const content = z.record(z.string(), z.object({ schema })).optional()
const operation = z.object({
  tags: z.array(z.string()),
  summary: z.string(),
  description: z.string().optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.string(),
        required: z.boolean().optional(),
        description: z.string().optional(),
        schema,
      }),
    )
    .default([]),
  requestBody: z.object({ required: z.boolean().optional(), content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content })),
})
const wholeDocument = z.object({
  info: z.object({ title: z.string(), description: z.string() }),
  tags: z.array(z.object({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), schema) }),
})
type Operation = z.infer<typeof operation> & { id: string; method: string; path: string }

/** The OpenAPI document as one page to read: no script, and nothing from anywhere else. */
export function docsPage(document: Document, origin: string): Html {
  const { info, tags, paths, components } = wholeDocument.parse(document)
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]) => ({ ...each, method, path, id: idOf(method, path) })),
  )
  const tagged = tags.map((tag) => ({ ...tag, operations: operations.filter((each) => each.tags.includes(tag.name)) }))
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title} API</title>
        ${style}
      </head>
      <body>
        <a class="skip" href="#main">To the text</a>
        <nav aria-label="Contents">
          <p><a href="#main">${info.title} API</a></p>
          ${tagged.map(
            (tag) =>
              html`<p>${tag.name}</p>
                <ul>
                  ${tag.operations.map(navigationEntry)}
                </ul>`,
          )}
          <p><a href="#schemas">Schemas</a></p>
          <p><a href="#problems">Problems</a></p>
          <p><a href="/openapi.json">openapi.json</a></p>
        </nav>
        <main id="main">
          <h1>${info.title} API</h1>
          <p>${info.description}</p>
          ${introduction(origin)}
          ${tagged.map(
            (tag) =>
              html`<h2>${tag.name}</h2>
                <p>${tag.description}</p>
                ${tag.operations.map(section)}`,
          )}
          <h2 id="schemas">Schemas</h2>
          ${Object.entries(components.schemas).map(
            ([name, each]) =>
              html`<section id="schema-${name}">
                <h3>${name}</h3>
                ${schemaHtml(each)}
              </section>`,
          )}
          <h2 id="problems">Problems</h2>
          ${problemTable()}
        </main>
      </body>
    </html>`
}

/** Not a template of `html`, whose spaces belong to the formatter: the policy names a hash of exactly this. */
const style = raw(`<style>${docsStyle}</style>`)

const introduction = (origin: string) =>
  html`<p>
      Every request but those under Health carries the header <code>Authorization: Bearer postgang_…</code>. Errors are
      <code>application/problem+json</code> (RFC 9457): act on <code>code</code>, which is stable. All times carry their
      offset.
    </p>
    <p>A letter is sent with:</p>
    <pre><code>curl ${origin}/v1/shipments \\
  -H 'Authorization: Bearer postgang_…' -H "Idempotency-Key: $(uuidgen)" \\
  -F 'shipment={"title": "Vedtak", "recipient": {"name": "Kari Nordmann",
       "address": {"lines": ["Storgata 1"], "postalCode": "0155", "city": "Oslo"}},
       "documents": [{"fileName": "vedtak.pdf", "mimeType": "application/pdf"}]};type=application/json' \\
  -F 'file=@vedtak.pdf'</code></pre>`

function navigationEntry({ id, method, path }: Operation): Html {
  return html`<li>
    <a href="#${id}"><b>${method.toUpperCase()}</b> ${path.replace('/v1', '')}</a>
  </li>`
}

function section(each: Operation): Html {
  const scopes = each.security?.flatMap((scheme) => Object.values(scheme).flat()) ?? []
  return html`<section id="${each.id}">
    <h3><b>${each.method.toUpperCase()}</b> <code>${each.path}</code></h3>
    <p>${withCode(each.summary)}. ${each.description ? withCode(each.description) : ''}</p>
    ${scopes.length > 0 ? html`<p>Needs a key with the scope <code>${scopes.join(', ')}</code>.</p>` : ''}
    ${
      each.parameters.length > 0
        ? html`<h4>Parameters</h4>
            <dl>
              ${each.parameters.map((parameter) =>
                field(`${parameter.name}`, {
                  schema: parameter.schema,
                  note: `${parameter.in}${parameter.required ? ', required' : ''}`,
                  description: parameter.description,
                }),
              )}
            </dl>`
        : ''
    }
    ${
      each.requestBody
        ? html`<h4>Body${each.requestBody.required ? '' : ' (may be left out)'}</h4>
            ${contentHtml(each.requestBody.content)}`
        : ''
    }
    <h4>Answers</h4>
    <dl>
      ${Object.entries(each.responses).map(
        ([status, answer]) =>
          html`<dt><b>${status}</b></dt>
            <dd>${withCode(answer.description)}${answerBody(status, answer.content)}</dd>`,
      )}
    </dl>
  </section>`
}

/** Problems all have one shape, which stands once under Schemas. */
function answerBody(status: string, body: z.infer<typeof content>): Html {
  const isProblem = Number(status) >= 400 && body?.['application/problem+json'] !== undefined
  return isProblem ? html` (<a href="#schema-Problem">Problem</a>)` : contentHtml(body)
}

function contentHtml(body: z.infer<typeof content>): Html {
  return html`${Object.entries(body ?? {}).map(
    ([mediaType, each]) =>
      html`<p><code>${mediaType}</code></p>
        ${schemaHtml(each.schema)}`,
  )}`
}

function schemaHtml(each: Schema): Html {
  const properties = propertiesOf(each)
  return html`${each.description ? html`<p>${withCode(each.description)}</p>` : ''}
  ${
    properties.length === 0
      ? html`<p>${typeOf(each)}</p>`
      : html`<dl>
          ${properties.map(([name, property]) =>
            field(name, {
              schema: property,
              note: each.required?.includes(name) ? 'required' : 'optional',
              description: property.description,
            }),
          )}
        </dl>`
  }
  ${each.example === undefined ? '' : html`<pre><code>${JSON.stringify(each.example, null, 2)}</code></pre>`}`
}

function field(name: string, about: { schema: Schema; note: string; description?: string | undefined }): Html {
  const inner = about.schema.items ?? about.schema
  const nested = propertiesOf(inner)
  return html`<dt><code>${name}</code> <span>${typeOf(about.schema)}, ${about.note}</span></dt>
    <dd>
      ${about.description ? withCode(about.description) : ''}
      ${
        nested.length === 0
          ? ''
          : html`<dl>
              ${nested.map(([innerName, property]) =>
                field(innerName, {
                  schema: property,
                  note: inner.required?.includes(innerName) ? 'required' : 'optional',
                  description: property.description,
                }),
              )}
            </dl>`
      }
    </dd>`
}

function propertiesOf(each: Schema): [string, Schema][] {
  return Object.entries(each.properties ?? {})
}

function typeOf(each: Schema): Html {
  if (each.$ref) {
    const name = each.$ref.split('/').at(-1) ?? ''
    return html`<a href="#schema-${name}">${name}</a>`
  }
  const variants = each.anyOf ?? each.oneOf ?? each.allOf
  if (variants) return joined(variants.map(typeOf))
  if (each.const !== undefined) return html`${JSON.stringify(each.const)}`
  if (each.enum) return joined(each.enum.map((value) => html`<code>${String(value)}</code>`))
  if (each.items) return html`list of ${typeOf(each.items)}`
  const type = [each.type ?? 'anything'].flat().join(' or ')
  const fallback = each.default === undefined ? '' : `, ${JSON.stringify(each.default)} where absent`
  return html`${type}${each.format ? ` (${each.format})` : ''}${fallback}`
}

function joined(parts: Html[]): Html {
  return html`${parts.map((part, index) => html`${index === 0 ? '' : ' | '}${part}`)}`
}

/** Descriptions mark code as Markdown does. */
function withCode(text: string): Html {
  return html`${text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`
}

function problemTable(): Html {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Code</th>
        <th scope="col">Status</th>
        <th scope="col">Title</th>
      </tr>
    </thead>
    <tbody>
      ${Object.entries(problemTypes).map(
        ([code, { status, title }]) =>
          html`<tr id="problem-${code}">
            <td><code>${code}</code></td>
            <td>${status}</td>
            <td>${title}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

function idOf(method: string, path: string): string {
  return `${method}-${path.replaceAll(/[^a-z0-9]+/gi, '-')}`.replace(/-$/, '')
}

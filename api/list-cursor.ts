import { z } from '@hono/zod-openapi'

const mark = 'n'

/** Where a page of shipments ended: below this number goes the next one. Opaque to callers, so that it may change. */
export const listCursor = z.codec(z.string(), z.number().int(), {
  decode: (text, context) => {
    const [, digits] = new RegExp(`^${mark}(\\d{1,10})$`).exec(Buffer.from(text, 'base64url').toString('latin1')) ?? []
    if (digits !== undefined) return Number(digits)
    const message = 'This is not the "next" of a page: leave it out to begin with the newest.'
    context.issues.push({ code: 'custom', input: text, message, params: { code: 'invalidCursor' } })
    return z.NEVER
  },
  encode: (number) => Buffer.from(`${mark}${number}`, 'latin1').toString('base64url'),
})

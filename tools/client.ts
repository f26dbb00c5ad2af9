import { randomUUID } from 'node:crypto'

export type File = { name: string; type: string; bytes: Uint8Array }

/** A shipment as the API shows it; only what these tools look at. */
export type ShipmentView = {
  id: string
  number: number
  status: string
  notifiedAt: string | null
  printDeadlineAt: string | null
  readAt: string | null
  problem: { code: string } | null
  nextAction: { what: string; notBefore: string | null; because: string }
}

export type EventView = { seq: number; type: string; at: string; text: string; data: Record<string, unknown> }

export type Answer<Body> = { status: number; headers: Headers; body: Body }

export type Client = ReturnType<typeof createClient>

/** A sender's view of the API: what our tools and tests speak, as any integrator would. */
export function createClient({ apiUrl, apiKey }: { apiUrl: string; apiKey: string }) {
  const headers = { authorization: `Bearer ${apiKey}` }
  async function call<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await fetch(`${apiUrl}${path}`, { method, ...json, headers: { ...headers, ...json.headers } })
    return answerOf<Body>(response)
  }
  return {
    call,
    send: async (
      shipment: Record<string, unknown>,
      files: File[],
      options: { key?: string; wait?: boolean } = {},
    ): Promise<Answer<ShipmentView>> => {
      const form = new FormData()
      form.append('shipment', new Blob([JSON.stringify(shipment)], { type: 'application/json' }))
      for (const file of files)
        form.append('file', new Blob([new Uint8Array(file.bytes)], { type: file.type }), file.name)
      const response = await fetch(`${apiUrl}/v1/shipments${options.wait ? '?wait=accepted' : ''}`, {
        method: 'POST',
        headers: { ...headers, 'idempotency-key': options.key ?? randomUUID() },
        body: form,
      })
      return answerOf<ShipmentView>(response)
    },
    shipment: async (id: string): Promise<ShipmentView> =>
      (await call<ShipmentView>('GET', `/v1/shipments/${id}`)).body,
    history: async (id: string): Promise<{ events: EventView[]; workflow: Record<string, unknown> | null }> =>
      (
        await call<{ events: EventView[]; workflow: Record<string, unknown> | null }>(
          'GET',
          `/v1/shipments/${id}/history`,
        )
      ).body,
    read: (id: string): Promise<Answer<ShipmentView>> =>
      call('POST', `/v1/shipments/${id}/read`, {
        readAt: new Date().toISOString(),
        reader: { name: 'Kari Nordmann' },
        system: 'demo',
      }),
    command: (id: string, command: string, body?: unknown): Promise<Answer<ShipmentView>> =>
      call('POST', `/v1/shipments/${id}/${command}`, body),
    /** Every event of the shipment so far, then live, until the consumer stops. */
    follow: (id: string, signal: AbortSignal) => follow(`${apiUrl}/v1/shipments/${id}/events`, headers, signal),
  }
}

async function answerOf<Body>(response: Response): Promise<Answer<Body>> {
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body }
}

async function* follow(url: string, headers: Record<string, string>, signal: AbortSignal): AsyncIterable<EventView> {
  const response = await fetch(url, { headers, signal })
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`)
  let rest = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = block
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice('data:'.length).trimStart())
        .join('\n')
      if (data !== '') yield JSON.parse(data) as EventView
    }
  }
}

import { setTimeout as pause } from 'node:timers/promises'
import { Client, Connection, ServiceError, isGrpcServiceError } from '@temporalio/client'
import type { DataConverter } from '@temporalio/client'
import type { LoadedDataConverter } from '@temporalio/common'
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow/index.js'

export type SessionOptions = {
  /** host:port of the frontend. */
  address: string
  namespace: string
  dataConverter: DataConverter
  /** How long one question may take. */
  timeoutMs: number
}

export type Session = {
  client: Client
  namespace: string
  converter: LoadedDataConverter
  /** @throws TemporalUnreachable when there is no answer within the time limit. */
  ask: <Answer>(question: () => Promise<Answer>) => Promise<Answer>
  close: () => Promise<void>
}

export class TemporalUnreachable extends Error {
  override name = 'TemporalUnreachable'
}

/** @see https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
export const grpcStatus = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  resourceExhausted: 8,
  aborted: 10,
  unavailable: 14,
} as const

/** What may be answered when asked again in a moment. */
const passing: readonly number[] = [
  grpcStatus.cancelled,
  grpcStatus.deadlineExceeded,
  grpcStatus.resourceExhausted,
  grpcStatus.aborted,
  grpcStatus.unavailable,
]
const retryPauseMs = 100

/**
 * By default gRPC waits up to 120 s between attempts at a lost connection, and 30 s before it asks DNS again: too long after an outage.
 * @see https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md
 */
const channelArgs = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.dns_min_time_between_resolutions_ms': 1_000,
}

/** Connects at the first question, and again after every outage. */
export function openSession({ address, namespace, dataConverter, timeoutMs }: SessionOptions): Session {
  // Without the SDK's own retries: their pauses outlast the deadline, and one that meets a closed connection ends the process.
  const connection = Connection.lazy({ address, channelArgs, interceptors: [] })
  const client = new Client({ connection, namespace, dataConverter })
  let closed = false

  const ask: Session['ask'] = async (question) => {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      try {
        return await connection.withDeadline(deadline, question)
      } catch (cause) {
        if (!isPassing(cause)) throw cause
        if (closed || Date.now() + retryPauseMs >= deadline) throw unreachable(address, { timeoutMs, cause })
        await pause(retryPauseMs)
      }
    }
  }
  return {
    client,
    namespace,
    converter: loadDataConverter(dataConverter),
    ask,
    close: async () => {
      closed = true
      await connection.close()
    },
  }
}

/** The gRPC status an error of the SDK carries, if any. */
export function grpcStatusOf(error: unknown): number | undefined {
  const cause = error instanceof ServiceError ? error.cause : error
  return isGrpcServiceError(cause) ? cause.code : undefined
}

function isPassing(error: unknown): boolean {
  const status = grpcStatusOf(error)
  return status !== undefined && passing.includes(status)
}

function unreachable(
  address: string,
  { timeoutMs, cause }: { timeoutMs: number; cause: unknown },
): TemporalUnreachable {
  const message = `No answer from Temporal at ${address} within ${timeoutMs} ms: see that it runs and can be reached`
  return new TemporalUnreachable(message, { cause })
}

import type { DataConverter } from '@temporalio/common'
import type { KeyRing } from '../../domain/key-ring.ts'
import { createCodec } from './codec.ts'

export type DataConverterOptions = {
  keyRing: KeyRing
  /** Absolute path of failure-converter, as source or built; the workflow bundle is given the same. */
  failureConverterPath: string
}

/** How values reach Temporal: the same for client, worker, replay and export of histories. */
export function createDataConverter(options: DataConverterOptions): DataConverter {
  return { failureConverterPath: options.failureConverterPath, payloadCodecs: [createCodec(options.keyRing)] }
}

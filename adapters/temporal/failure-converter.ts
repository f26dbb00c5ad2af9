import { DefaultFailureConverter } from '@temporalio/common'

// The SDK also loads this file by path, with `require` and without a TypeScript loader: no type syntax in here.
/** Moves message and stack of a failure to where the codec encrypts them; a failure's `type` stays in clear. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true })

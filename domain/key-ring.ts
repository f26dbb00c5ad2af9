/** Encryption keys by id: the current one encrypts, every one decrypts, so that keys can be changed without losing data. */
export type KeyRing = {
  current: { id: string; key: Uint8Array }
  find: (id: string) => Uint8Array | undefined
}

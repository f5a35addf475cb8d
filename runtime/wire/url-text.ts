/** A URL as it may be shown: without user, password and query, any of which may be a secret. */
export function withoutSecrets(text: string): string {
  return text.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1***@').replace(/\?.*$/s, '?***')
}

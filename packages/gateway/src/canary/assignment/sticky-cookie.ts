/** One day. */
export const stickyCookieMaxAgeSeconds = 86_400

/** The value of the `Set-Cookie` (RFC 6265, 4.1) that has a client send its key again. */
export function stickyCookie(name: string, key: string, isSecure: boolean): string {
  return `${name}=${key}; Path=/; Max-Age=${stickyCookieMaxAgeSeconds}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
}

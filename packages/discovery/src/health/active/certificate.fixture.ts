/** Of a server in tests, made for them and signed by itself: nobody trusts it, and it protects nothing. */
export function testCertificate() {
  return { key, cert }
}

const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkwCZXx4uJRb0U2v1
Vly3wDhjwxC25JE2CRXyUC8JBMWhRANCAAR+WIuk0saUdAdZUlBfX1uw4GgzqtOK
ZFhwnvQYX1mgDsveuwA33c3Y8+fUC7gHzKLOdaLUslOl4LZssnejHdrY
-----END PRIVATE KEY-----
`

const cert = `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUBV/RuhK4CRxL0yQ4G+hNJL59IVwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTAwMzMyNFoYDzIxMjYxMDI4
MDAzMzI0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAR+WIuk0saUdAdZUlBfX1uw4GgzqtOKZFhwnvQYX1mgDsveuwA33c3Y
8+fUC7gHzKLOdaLUslOl4LZssnejHdrYo1MwUTAdBgNVHQ4EFgQUDf8FlZZnj9SS
JC/hR6RFFX+sHdswHwYDVR0jBBgwFoAUDf8FlZZnj9SSJC/hR6RFFX+sHdswDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA7IsHwlc8uzSV9iipgU2s
uCXxt+V8LnJFMicA1CXbi1QCIDfJGxa06/Kzalwg/92VhPnyhbUHM8KHMT7v2ztk
ZnE5
-----END CERTIFICATE-----
`

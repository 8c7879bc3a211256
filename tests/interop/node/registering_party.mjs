// A tool that registers itself with openid-client (RFC 7591). One JSON request in; out comes what the library holds of its own client.
import { readFileSync } from 'node:fs'
import * as oidc from '../../node/node_modules/openid-client/build/index.js'

const asked = JSON.parse(readFileSync(0, 'utf8'))

try {
  const config = await oidc.dynamicClientRegistration(new URL(asked.issuer), asked.metadata, undefined, {
    initialAccessToken: asked.token,
    execute: [oidc.allowInsecureRequests], // plain http is the test's
  })
  console.log(JSON.stringify({ metadata: config.clientMetadata(), issuer: config.serverMetadata().issuer }))
} catch (error) {
  console.log(JSON.stringify({ refused: error.code, error: error.error ?? error.cause?.error, status: error.status ?? error.cause?.status }))
}

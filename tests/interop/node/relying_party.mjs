// A relying party made with openid-client, a certified and strict one. It reads one request as JSON from its standard input, answers with
// JSON on its standard output, and ends; the citizen's browser is somebody else's part.
//   {"do": "begin", ...}    -> {url, verifier, state, nonce}
//   {"do": "complete", ...} -> {claims, userinfo, endSession}, or {refused: <code of the error>, error: <OAuth error>}
import { readFileSync } from 'node:fs'
import * as oidc from '../../node/node_modules/openid-client/build/index.js'

const asked = JSON.parse(readFileSync(0, 'utf8'))
const authentication = {
  client_secret_basic: () => oidc.ClientSecretBasic(asked.secret),
  client_secret_post: () => oidc.ClientSecretPost(asked.secret),
  none: () => oidc.None(),
}[asked.method]()

async function configuration() {
  const metadata = { id_token_signed_response_alg: asked.idTokenAlg, require_auth_time: true }
  const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] // plain http is the demo's; signatures are checked
  return oidc.discovery(new URL(asked.issuer), asked.clientId, metadata, authentication, { algorithm: asked.algorithm, execute })
}

async function begin(config) {
  const verifier = oidc.randomPKCECodeVerifier()
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()]
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: asked.redirectUri,
    scope: asked.scope,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...asked.more,
  })
  return { url: url.href, verifier, state, nonce }
}

async function complete(config) {
  const checks = { pkceCodeVerifier: asked.verifier, expectedState: asked.state, expectedNonce: asked.nonce, idTokenExpected: true, maxAge: 600 }
  const tokens = await oidc.authorizationCodeGrant(config, new URL(asked.answer), checks)
  const claims = tokens.claims()
  const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)
  const farewell = { id_token_hint: tokens.id_token, post_logout_redirect_uri: asked.afterSignOut, state: 'farewell' }
  return { claims, userinfo, endSession: oidc.buildEndSessionUrl(config, farewell).href, tokenType: tokens.token_type }
}

function refusal(error) {
  return { refused: error.code ?? error.name, error: error.error, cause: error.cause?.code }
}

async function answer() {
  const config = await configuration()
  return asked.do === 'begin' ? begin(config) : complete(config)
}

console.log(JSON.stringify(await answer().catch(refusal)))

// A relying party of the strictest kind, made with openid-client: private_key_jwt, pushed requests, DPoP with our nonces, and on demand
// signed requests and signed answers (FAPI 2.0 Security Profile and Message Signing). One JSON request in, one JSON answer out:
//   {"do": "begin", ...}    -> {url, verifier, state, nonce, dpop}
//   {"do": "complete", ...} -> {claims, userinfo, refreshed, stolen, endSession ...}, or {refused: <code of the error>, error: <OAuth error>}
import { readFileSync } from 'node:fs'
import * as oidc from '../../node/node_modules/openid-client/build/index.js'

const ALGORITHMS = { ES256: { name: 'ECDSA', namedCurve: 'P-256' }, PS256: { name: 'RSA-PSS', hash: 'SHA-256' }, Ed25519: 'Ed25519' }
const asked = JSON.parse(readFileSync(0, 'utf8'))

const imported = (jwk, alg) => crypto.subtle.importKey('jwk', jwk, ALGORITHMS[alg], true, jwk.d ? ['sign'] : ['verify'])
const own = { key: await imported(asked.key, asked.alg), kid: asked.key.kid }

async function configuration() {
  const metadata = { id_token_signed_response_alg: asked.idTokenAlg, require_auth_time: true }
  if (asked.signed) metadata.authorization_signed_response_alg = asked.idTokenAlg
  const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] // plain http is the demo's; signatures are checked
  if (asked.signed) execute.push(oidc.useJwtResponseMode)
  return oidc.discovery(new URL(asked.issuer), asked.clientId, metadata, oidc.PrivateKeyJwt(own), { execute })
}

async function exported(pair) {
  return { privateKey: await crypto.subtle.exportKey('jwk', pair.privateKey), publicKey: await crypto.subtle.exportKey('jwk', pair.publicKey) }
}

async function handle(config, pair) {
  const keys = { privateKey: await imported(pair.privateKey, asked.alg), publicKey: await imported(pair.publicKey, asked.alg) }
  return oidc.getDPoPHandle(config, keys)
}

async function begin(config) {
  const verifier = oidc.randomPKCECodeVerifier()
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()]
  const dpop = await exported(await oidc.randomDPoPKeyPair(asked.alg, { extractable: true }))
  let parameters = new URLSearchParams({
    redirect_uri: asked.redirectUri,
    scope: asked.scope,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...asked.more,
  })
  if (asked.signed) parameters = (await oidc.buildAuthorizationUrlWithJAR(config, parameters, own)).searchParams
  const url = await oidc.buildAuthorizationUrlWithPAR(config, parameters, { DPoP: await handle(config, dpop) })
  return { url: url.href, verifier, state, nonce, dpop }
}

async function complete(config) {
  const DPoP = await handle(config, asked.dpop)
  const checks = { pkceCodeVerifier: asked.verifier, expectedState: asked.state, expectedNonce: asked.nonce, idTokenExpected: true, maxAge: 600 }
  const tokens = await oidc.authorizationCodeGrant(config, new URL(asked.answer), checks, undefined, { DPoP })
  const claims = tokens.claims()
  const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP })
  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP })
  const again = await oidc.fetchUserInfo(config, refreshed.access_token, claims.sub, { DPoP })
  const farewell = { id_token_hint: refreshed.id_token, post_logout_redirect_uri: asked.afterSignOut, state: 'farewell' }
  return {
    claims,
    userinfo,
    tokenType: tokens.token_type,
    refreshed: { claims: refreshed.claims(), tokenType: refreshed.token_type, userinfo: again },
    stolen: await stolen(config, tokens, claims.sub),
    endSession: oidc.buildEndSessionUrl(config, farewell).href,
  }
}

async function stolen(config, tokens, sub) {
  const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(asked.alg))
  return {
    asBearer: await oidc.fetchUserInfo(config, tokens.access_token, sub).catch(refusal),
    byAnotherKey: await oidc.fetchUserInfo(config, tokens.access_token, sub, { DPoP }).catch(refusal),
    refreshedByAnotherKey: await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP }).catch(refusal),
  }
}

function refusal(error) {
  const challenges = Array.isArray(error.cause) ? error.cause.map((one) => `${one.scheme}:${one.parameters.error}`) : undefined
  return { refused: error.code ?? error.name, error: error.error, challenges, why: error.error_description ?? String(error.cause?.code ?? error.message) }
}

async function answer() {
  const config = await configuration()
  return asked.do === 'begin' ? begin(config) : complete(config)
}

console.log(JSON.stringify(await answer().catch(refusal)))

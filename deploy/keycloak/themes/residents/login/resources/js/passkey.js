// Makes or uses a passkey (W3C Web Authentication) when the form is sent, and sends the result. A refusal, which is mostly somebody
// closing the browser's window, is told on the page; the button stays.
const form = document.getElementById("passkey");
const given = form.dataset;

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const keys = (ids) => ids.split(",").filter(Boolean).map((id) => ({ type: "public-key", id: bytes(id) }));
const timeout = Number(given.seconds) ? { timeout: Number(given.seconds) * 1000 } : {};

function fill(values) {
  for (const [name, value] of Object.entries(values)) document.getElementById(name).value = value;
}

async function use() {
  const publicKey = { challenge: bytes(given.challenge), rpId: given.rpId, userVerification: given.verification, allowCredentials: [], ...timeout };
  const { id, response } = await navigator.credentials.get({ publicKey });
  fill({
    clientDataJSON: text(response.clientDataJSON), authenticatorData: text(response.authenticatorData), signature: text(response.signature),
    credentialId: id, userHandle: response.userHandle ? text(response.userHandle) : "",
  });
}

async function make() {
  const publicKey = {
    challenge: bytes(given.challenge), attestation: "none", ...timeout,
    rp: { id: given.rpId, name: given.rpName },
    user: { id: bytes(given.userId), name: given.userName, displayName: given.userName },
    pubKeyCredParams: given.algorithms.split(" ").map((algorithm) => ({ type: "public-key", alg: Number(algorithm) })),
    authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: given.verification },
    excludeCredentials: keys(given.exclude),
  };
  const { rawId, response, authenticatorAttachment } = await navigator.credentials.create({ publicKey });
  fill({
    clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject), publicKeyCredentialId: text(rawId),
    transports: response.getTransports?.().join() ?? "", authenticatorAttachment: authenticatorAttachment ?? "",
  });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const failed = document.getElementById("passkey-failed");
  failed.hidden = true;
  try {
    await (given.ceremony === "create" ? make() : use());
  } catch {
    failed.hidden = false;
    return;
  }
  form.submit();
});

form.querySelector("button").disabled = false; // before this script runs, the form would be sent empty

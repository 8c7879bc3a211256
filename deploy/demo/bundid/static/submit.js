// Sends the response on; without script the button does it.
document.getElementById("saml-response").submit();

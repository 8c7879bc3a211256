// Sends the message on; without script the button does it.
document.getElementById("saml-message").submit();

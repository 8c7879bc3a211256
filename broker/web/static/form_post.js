// Sends the one form of the page at once; without scripts the citizen presses its button (OAuth 2.0 Form Post Response Mode).
document.forms[0].submit();

// The tools' pages in the frames have loaded, or took too long: on to where the link leads (OIDC Front-Channel Logout 1.0).
const onward = () => location.replace(document.getElementById("logout-continue").href);
addEventListener("load", onward, { once: true });
setTimeout(onward, 4000);

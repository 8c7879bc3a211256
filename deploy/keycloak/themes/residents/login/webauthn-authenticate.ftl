<#import "template.ftl" as layout>
<@layout.registrationLayout; section>
  <#if section = "header">
    ${msg("residentsPasskeyTitle")}
  <#elseif section = "form">
    <p>${msg("residentsPasskeyText")}</p>
    <noscript><p role="alert">${msg("residentsPasskeyNeedsScript")}</p></noscript>
    <p id="passkey-failed" role="alert" hidden>${msg("residentsPasskeyFailed")}</p>
    <form id="passkey" action="${url.loginAction}" method="post" data-ceremony="get" data-challenge="${challenge}" data-rp-id="${rpId}"
          data-verification="${userVerification}" data-seconds="${createTimeout?c}">
      <#list ["clientDataJSON", "authenticatorData", "signature", "credentialId", "userHandle", "error"] as name>
        <input type="hidden" id="${name}" name="${name}">
      </#list>
      <div class="actions">
        <button id="ask-passkey" type="submit" disabled>${msg("residentsPasskeyGo")}</button>
        <a id="other-way" class="button second" href="${url.loginRestartFlowUrl}">${msg("residentsPasskeyOtherWay")}</a>
      </div>
    </form>
    <script type="module" src="${url.resourcesPath}/js/passkey.js"></script>
  </#if>
</@layout.registrationLayout>

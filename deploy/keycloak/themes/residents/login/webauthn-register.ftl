<#import "template.ftl" as layout>
<@layout.registrationLayout; section>
  <#if section = "header">
    ${msg("residentsRegisterTitle")}
  <#elseif section = "form">
    <p>${msg("residentsRegisterText")}</p>
    <noscript><p role="alert">${msg("residentsPasskeyNeedsScript")}</p></noscript>
    <p id="passkey-failed" role="alert" hidden>${msg("residentsRegisterFailed")}</p>
    <form id="passkey" action="${url.loginAction}" method="post" data-ceremony="create" data-challenge="${challenge}" data-rp-id="${rpId}"
          data-rp-name="${rpEntityName}" data-user-id="${userid}" data-user-name="${username}" data-verification="${userVerificationRequirement}"
          data-algorithms="<#list signatureAlgorithms as algorithm>${algorithm?c}<#sep> </#list>" data-exclude="${excludeCredentialIds!}"
          data-seconds="${createTimeout?c}">
      <#list ["clientDataJSON", "attestationObject", "publicKeyCredentialId", "transports", "authenticatorAttachment", "error"] as name>
        <input type="hidden" id="${name}" name="${name}">
      </#list>
      <label for="authenticatorLabel">${msg("residentsPasskeyName")}</label>
      <p class="hint" id="label-hint">${msg("residentsPasskeyNameHint")}</p>
      <input type="text" id="authenticatorLabel" name="authenticatorLabel" value="Passkey" maxlength="60" aria-describedby="label-hint">
      <div class="actions"><button id="make-passkey" type="submit" disabled>${msg("residentsSetUpPasskey")}</button></div>
    </form>
    <#if isAppInitiatedAction??>
      <form action="${url.loginAction}" method="post">
        <div class="actions"><button id="without-passkey" class="second" name="cancel-aia" value="true">${msg("residentsWithoutPasskey")}</button></div>
      </form>
    </#if>
    <script type="module" src="${url.resourcesPath}/js/passkey.js"></script>
  </#if>
</@layout.registrationLayout>

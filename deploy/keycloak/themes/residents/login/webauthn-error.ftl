<#import "template.ftl" as layout>
<#-- The server did not take the passkey. What the browser itself refuses is told on the page before. -->
<@layout.registrationLayout displayMessage=false; section>
  <#if section = "header">
    ${msg("residentsPasskeyRefusedTitle")}
  <#elseif section = "form">
    <p>${msg("residentsPasskeyRefusedText")}</p>
    <form action="${url.loginAction}" method="post">
      <input type="hidden" name="authenticationExecution" value="${execution!}">
      <input type="hidden" name="isSetRetry" value="retry">
      <div class="actions">
        <button id="try-again">${msg("residentsPasskeyTryAgain")}</button>
        <#if !isAppInitiatedAction??>
          <a id="other-way" class="button second" href="${url.loginRestartFlowUrl}">${msg("residentsPasskeyOtherWay")}</a>
        </#if>
      </div>
    </form>
    <#if isAppInitiatedAction??>
      <form action="${url.loginAction}" method="post">
        <div class="actions"><button id="without-passkey" class="second" name="cancel-aia" value="true">${msg("residentsWithoutPasskey")}</button></div>
      </form>
    </#if>
  </#if>
</@layout.registrationLayout>

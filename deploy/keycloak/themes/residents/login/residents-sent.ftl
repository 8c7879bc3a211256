<#import "template.ftl" as layout>
<#-- The same page for every address, whether it has an account or not. -->
<@layout.registrationLayout; section>
  <#if section = "header">
    ${msg("residentsSentTitle")}
  <#elseif section = "form">
    <p>${msg("residentsSentText", address)}</p>
    <p>${msg("residentsSentHere", minutes)}</p>
    <form action="${url.loginAction}" method="post" novalidate>
      <label for="code">${msg("residentsCode")}</label>
      <p class="hint" id="code-hint">${msg("residentsCodeHint")}</p>
      <input type="text" class="code" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="20" aria-describedby="code-hint">
      <div class="actions"><button id="check" name="way" value="code">${msg("residentsCheckCode")}</button></div>
      <h2>${msg("residentsNoMail")}</h2>
      <p>${msg("residentsNoMailText")}</p>
      <div class="actions">
        <button id="resend" class="second" name="way" value="resend">${msg("residentsResend")}</button>
        <button id="again" class="second" name="way" value="again">${msg("residentsOtherAddress")}</button>
        <button id="cancel" class="second" name="way" value="cancel">${msg("residentsCancel")}</button>
      </div>
    </form>
  </#if>
</@layout.registrationLayout>

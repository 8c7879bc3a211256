<#import "template.ftl" as layout>
<@layout.registrationLayout; section>
  <#if section = "header">
    ${msg("residentsStartTitle")}
  <#elseif section = "form">
    <p>${msg("residentsStartText")}</p>
    <form action="${url.loginAction}" method="post" novalidate>
      <label for="email">${msg("residentsAddress")}</label>
      <p class="hint" id="email-hint">${msg("residentsAddressHint", minutes)}</p>
      <input type="email" id="email" name="email" autocomplete="email" maxlength="254" aria-describedby="email-hint" autofocus required>
      <div class="actions">
        <button id="send" name="way" value="">${msg("residentsSend")}</button>
        <button id="use-passkey" class="second" name="way" value="use-passkey">${msg("residentsUsePasskey")}</button>
        <button id="cancel" class="second" name="way" value="cancel">${msg("residentsCancel")}</button>
      </div>
      <details>
        <summary>${msg("residentsAccountSummary")}</summary>
        <p>${msg("residentsAccountText")}</p>
        <div class="actions">
          <button id="set-up-passkey" class="second" name="way" value="passkey">${msg("residentsSetUpPasskey")}</button>
          <button id="forget-passkeys" class="second" name="way" value="forget-passkeys">${msg("residentsForgetPasskeys")}</button>
          <button id="delete" class="second" name="way" value="delete">${msg("residentsDelete")}</button>
        </div>
      </details>
    </form>
  </#if>
</@layout.registrationLayout>

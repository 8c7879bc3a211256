<#import "template.ftl" as layout>
<@layout.registrationLayout; section>
  <#if section = "header">
    ${msg("residentsNewTitle")}
  <#elseif section = "form">
    <p>${msg("residentsNewText", address)}</p>
    <h2>${msg("residentsTermsTitle")}</h2>
    <ul>
      <li>${msg("residentsTermsStored")}</li>
      <li>${msg("residentsTermsUse")}</li>
      <li>${msg("residentsTermsProof")}</li>
      <li>${msg("residentsTermsEnd")}</li>
    </ul>
    <form action="${url.loginAction}" method="post">
      <div class="actions">
        <button id="create" name="way" value="create-account">${msg("residentsCreate")}</button>
        <button id="again" class="second" name="way" value="again">${msg("residentsOtherAddress")}</button>
        <button id="cancel" class="second" name="way" value="cancel">${msg("residentsCancel")}</button>
      </div>
    </form>
  </#if>
</@layout.registrationLayout>

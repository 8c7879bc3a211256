<#import "template.ftl" as layout>
<@layout.registrationLayout; section>
  <#if section = "header">
    ${msg("residentsDeleteTitle")}
  <#elseif section = "form">
    <p>${msg("residentsDeleteText", address)}</p>
    <p>${msg("residentsDeleteFinal")}</p>
    <form action="${url.loginAction}" method="post">
      <div class="actions">
        <button id="delete" name="way" value="delete-account">${msg("residentsDeleteNow")}</button>
        <button id="cancel" class="second" name="way" value="cancel">${msg("residentsKeep")}</button>
      </div>
    </form>
  </#if>
</@layout.registrationLayout>

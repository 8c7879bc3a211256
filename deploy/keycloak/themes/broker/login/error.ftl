<#import "template.ftl" as layout>
<#import "way_home.ftl" as home>
<#assign target=home.address>
<#if target?has_content>
  <#assign target=target + target?contains("?")?then("&", "?") + "kc_error=" + ((message.summary)!'')?url('UTF-8')>
  <#-- Keycloak's words for an answer that names nobody, as after a sign-in without an account (or that it could not use otherwise). -->
  <#if ((message.summary)!'') == msg("invalidRequesterMessage")><#assign target=target + "&reason=guest"></#if>
</#if>
<@layout.registrationLayout displayMessage=false refresh=target; section>
  <#if section = "header">
    ${msg("brokerErrorTitle")}
  <#elseif section = "form">
    <p>${msg("brokerErrorText")}</p>
    <@home.link/>
    <#if (message.summary)?has_content>
      <p class="detail">${msg("brokerErrorDetail")} ${kcSanitize(message.summary)?no_esc}</p>
    </#if>
  </#if>
</@layout.registrationLayout>

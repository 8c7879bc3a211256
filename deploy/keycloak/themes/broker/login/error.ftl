<#import "template.ftl" as layout>
<#-- The client's address comes from its registration, the other one from whoever runs the server; neither from the request. -->
<#assign home=((client.baseUrl)!'')?has_content?then((client.baseUrl)!'', properties.brokerReturn!'')>
<#if home?has_content>
  <#assign home=home + home?contains("?")?then("&", "?") + "kc_error=" + ((message.summary)!'')?url('UTF-8')>
</#if>
<@layout.registrationLayout displayMessage=false refresh=home; section>
  <#if section = "header">
    ${msg("brokerErrorTitle")}
  <#elseif section = "form">
    <p>${msg("brokerErrorText")}</p>
    <#if home?has_content>
      <p><a id="back-to-broker" class="button" href="${home}">${msg("brokerErrorBack")}</a></p>
    <#else>
      <p>${msg("brokerErrorNoWay")}</p>
    </#if>
    <#if (message.summary)?has_content>
      <p class="detail">${msg("brokerErrorDetail")} ${kcSanitize(message.summary)?no_esc}</p>
    </#if>
  </#if>
</@layout.registrationLayout>

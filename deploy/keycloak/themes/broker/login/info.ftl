<#import "template.ftl" as layout>
<#import "way_home.ftl" as home>
<#-- Seen after an answer was sent twice (reload, back button), or when Keycloak itself ended a session. -->
<@layout.registrationLayout displayMessage=false refresh=home.address; section>
  <#if section = "header">
    ${msg("brokerOnTheWayTitle")}
  <#elseif section = "form">
    <p>${kcSanitize((message.summary)!'')?no_esc}</p>
    <@home.link/>
  </#if>
</@layout.registrationLayout>

<#import "template.ftl" as layout>
<#import "way_home.ftl" as home>
<@layout.registrationLayout displayMessage=false refresh=home.address; section>
  <#if section = "header">
    ${msg("pageExpiredTitle")}
  <#elseif section = "form">
    <p>${msg("brokerErrorText")}</p>
    <@home.link/>
  </#if>
</@layout.registrationLayout>

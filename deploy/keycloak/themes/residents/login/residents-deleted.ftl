<#import "template.ftl" as layout>
<#import "way_home.ftl" as home>
<@layout.registrationLayout; section>
  <#if section = "header">
    ${msg("residentsDeletedTitle")}
  <#elseif section = "form">
    <p>${msg("residentsDeletedText")}</p>
    <@home.button/>
  </#if>
</@layout.registrationLayout>

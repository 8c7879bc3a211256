<#import "template.ftl" as layout>
<#import "way_home.ftl" as home>
<#-- Nobody is led away by itself here: most who meet this page opened a link in another browser, or once more. -->
<#assign foreign=(message.summary)! == msg("cookieNotFoundMessage")>
<@layout.registrationLayout displayMessage=false; section>
  <#if section = "header">
    ${foreign?then(msg("residentsLinkTitle"), msg("brokerErrorTitle"))}
  <#elseif section = "form">
    <#if foreign>
      <p>${msg("residentsLinkText")}</p>
      <ul>
        <li>${msg("residentsLinkOtherBrowser")}</li>
        <li>${msg("residentsLinkUsed")}</li>
        <li>${msg("residentsLinkNotYours")}</li>
      </ul>
    <#else>
      <p>${msg("brokerErrorText")}</p>
    </#if>
    <@home.button/>
  </#if>
</@layout.registrationLayout>

<#import "template.ftl" as layout>
<@layout.registrationLayout displayMessage=false; section>
  <#if section = "header">
    ${msg("brokerOnTheWayTitle")}
  <#elseif section = "form">
    <p>${msg("brokerOnTheWayText")}</p>
    <form id="saml-post-binding" name="saml-post-binding" method="post" action="${samlPost.url}">
      <#if samlPost.SAMLRequest??><input type="hidden" name="SAMLRequest" value="${samlPost.SAMLRequest}"></#if>
      <#if samlPost.SAMLResponse??><input type="hidden" name="SAMLResponse" value="${samlPost.SAMLResponse}"></#if>
      <#if samlPost.relayState??><input type="hidden" name="RelayState" value="${samlPost.relayState}"></#if>
      <noscript><button type="submit" class="button">${msg("brokerOnTheWayGo")}</button></noscript>
    </form>
    <#-- Saves the click that everybody without scripts is offered above. -->
    <script>document.forms["saml-post-binding"].submit();</script>
  </#if>
</@layout.registrationLayout>

<#-- Where the broker takes people in again: the client's registered address, or, where Keycloak has lost track of the client, the one
     that whoever runs the server has set. Neither comes from the request. -->
<#assign address=((client.baseUrl)!'')?has_content?then((client.baseUrl)!'', properties.brokerReturn!'')>
<#macro link>
  <#if address?has_content>
    <p>${msg("brokerTakenBack")}</p>
  </#if>
  <@button/>
</#macro>
<#macro button>
  <#if address?has_content>
    <p><a id="back-to-broker" class="button" href="${address}">${msg("brokerBack")}</a></p>
  <#else>
    <p>${msg("brokerNoWayBack")}</p>
  </#if>
</#macro>

<#-- The frame of every page. The parameters are those of the parent theme, whose pages call it; `refresh` is ours. -->
<#macro registrationLayout bodyClass="" displayInfo=false displayMessage=true displayRequiredFields=false refresh="">
<!DOCTYPE html>
<html lang="${lang!'de'}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex, nofollow">
  <meta name="color-scheme" content="light dark">
  <#if refresh?has_content><meta http-equiv="refresh" content="0; url=${refresh}"></#if>
  <title>${msg("brokerTitle")}</title>
  <#list properties.styles?split(" ") as style>
  <link rel="stylesheet" href="${url.resourcesPath}/${style}">
  </#list>
</head>
<body data-page-id="login-${pageId!'page'}">
  <main>
    <h1><#nested "header"></h1>
    <#if displayMessage && message?has_content>
      <p role="alert">${kcSanitize(message.summary)?no_esc}</p>
    </#if>
    <#nested "form">
    <#nested "socialProviders">
    <#if displayInfo><#nested "info"></#if>
  </main>
</body>
</html>
</#macro>

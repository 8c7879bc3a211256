<!DOCTYPE html>
<html lang="${locale.language}">
<head><meta charset="utf-8"><title>${msg("residentsMailTitle")}</title></head>
<body style="font-family: sans-serif; font-size: 16px; line-height: 1.5">
  <p>${msg("residentsMailIntro", realmName)}</p>
  <p><a href="${link}" style="font-weight: bold">${msg("residentsMailGo")}</a></p>
  <p>${msg("residentsMailCode")}</p>
  <p style="font-size: 24px; letter-spacing: 2px"><strong>${code}</strong></p>
  <p>${msg("residentsMailLimits", minutes)}</p>
  <p>${msg("residentsMailNotYou")}</p>
</body>
</html>

<#ftl output_format="plainText">
${msg("residentsMailIntro", realmName)}

${link}

${msg("residentsMailCode")}

${code}

${msg("residentsMailLimits", minutes)}
${msg("residentsMailNotYou")}

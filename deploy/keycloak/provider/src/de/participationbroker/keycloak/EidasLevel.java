package de.participationbroker.keycloak;

import java.util.List;
import java.util.Map;

/**
 * The level a login insists on, in the words of eIDAS (Commission Implementing Regulation 2015/1502), for identity providers
 * that are configured with {@code bpAuthnContext: eidas}. These words have none below low.
 */
final class EidasLevel {

    private static final String PREFIX = "http://eidas.europa.eu/LoA/";
    private static final List<String> WORDS = List.of("low", "low", "low", "substantial", "high");

    private EidasLevel() {
    }

    static boolean isWanted(Map<String, String> configuration) {
        return "eidas".equals(configuration.get("bpAuthnContext"));
    }

    static String atLeast(LoginParameters login) {
        return PREFIX + WORDS.get(login.levelNumber());
    }
}

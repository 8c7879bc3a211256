package de.participationbroker.keycloak;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * All that BundID's and BayernID's request extension says, as configured at the identity provider and narrowed by one login.
 *
 * <p>Keys of the identity provider's configuration:
 * <ul>
 *   <li>{@code akdbExtension}: {@code true} switches the extension on
 *   <li>{@code akdbAttributes}: every attribute this service may ask for, see {@link RequestedAttributes}
 *   <li>{@code akdbMethods}: means separated by commas, {@code !} before those that are not offered: {@code eID,!FINK}
 *   <li>{@code akdbMinimumLevel}: 1 to 4, default 1
 *   <li>{@code akdbDisplayName}: at most 50 characters, shown by the citizen ID
 *   <li>{@code akdbOnlineServiceId}: the BMI-ID of the service
 * </ul>
 * What one login asks for ({@link LoginParameters}) narrows the attributes, raises the level and chooses the language; what it
 * must not say is ignored.
 */
record AkdbRequest(Map<String, Boolean> methods, RequestedAttributes attributes, int minimumLevel, String displayName,
        String language, String onlineServiceId) {

    private static final Set<String> METHODS =
            Set.of("Authega", "Benutzername", "eID", "eIDAS", "Diia", "Elster", "FINK");
    private static final Set<String> LANGUAGES = Set.of("de", "en", "ru", "uk");
    private static final int DISPLAY_NAME_LENGTH = 50;

    static boolean isWanted(Map<String, String> configuration) {
        return "true".equals(configuration.get("akdbExtension"));
    }

    /** Throws {@link IllegalArgumentException} with a sentence for the administrator when the configuration is unusable. */
    static AkdbRequest of(Map<String, String> configuration, LoginParameters login) {
        int configuredLevel = LoginParameters.number(configuration.getOrDefault("akdbMinimumLevel", "1"));
        if (configuredLevel == 0) {
            throw new IllegalArgumentException("akdbMinimumLevel must be 1, 2, 3 or 4");
        }
        return new AkdbRequest(
                methods(configuration.getOrDefault("akdbMethods", "")),
                attributes(needed(configuration, "akdbAttributes")).narrowedTo(login.attributes()),
                Math.max(configuredLevel, login.levelNumber()),
                displayName(needed(configuration, "akdbDisplayName")),
                language(login.locales()),
                needed(configuration, "akdbOnlineServiceId"));
    }

    /** The level in the citizen ID's own words. */
    String authnContextClass() {
        return "STORK-QAA-Level-" + minimumLevel;
    }

    private static String needed(Map<String, String> configuration, String key) {
        String value = configuration.get(key);
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(key + " is missing");
        }
        return value.strip();
    }

    private static Map<String, Boolean> methods(String list) {
        Map<String, Boolean> methods = new LinkedHashMap<>();
        for (String word : list.isBlank() ? new String[0] : list.strip().split("\\s*,\\s*")) {
            boolean offered = !word.startsWith("!");
            String method = offered ? word : word.substring(1);
            if (!METHODS.contains(method)) {
                throw new IllegalArgumentException("akdbMethods names something else than " + METHODS);
            }
            methods.put(method, offered);
        }
        return methods;
    }

    private static RequestedAttributes attributes(String list) {
        RequestedAttributes attributes = RequestedAttributes.configured(list);
        if (!attributes.areObjectIdentifiers()) {
            throw new IllegalArgumentException("akdbAttributes must list object identifiers separated by spaces");
        }
        return attributes;
    }

    private static String displayName(String name) {
        if (name.codePointCount(0, name.length()) > DISPLAY_NAME_LENGTH) {
            throw new IllegalArgumentException("akdbDisplayName is longer than " + DISPLAY_NAME_LENGTH + " characters");
        }
        return name;
    }

    private static String language(String locales) {
        for (String tag : locales == null ? new String[0] : locales.strip().split("\\s+")) {
            String language = tag.split("-", 2)[0].toLowerCase(java.util.Locale.ROOT);
            if (LANGUAGES.contains(language)) {
                return language;
            }
        }
        return "de";
    }
}

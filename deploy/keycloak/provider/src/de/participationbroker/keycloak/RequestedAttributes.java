package de.participationbroker.keycloak;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The attributes asked of a citizen ID: name, and whether the login must fail without it.
 *
 * <p>Written as object identifiers separated by spaces, each with or without {@code urn:oid:}, and with the suffix {@code !}
 * when required: {@code "1.3.6.1.4.1.25484.494450.3! 1.2.40.0.10.2.1.1.261.94"}. The order is kept.
 */
record RequestedAttributes(Map<String, Boolean> required) {

    private static final String PREFIX = "urn:oid:";
    private static final Pattern OBJECT_IDENTIFIER = Pattern.compile("[0-2](\\.(0|[1-9][0-9]{0,19})){1,30}");

    RequestedAttributes {
        required = Collections.unmodifiableMap(new LinkedHashMap<>(required));
    }

    /** Reads an administrator's list; a word that is no object identifier is an {@link IllegalArgumentException}. */
    static RequestedAttributes configured(String list) {
        Map<String, Boolean> attributes = new LinkedHashMap<>();
        for (String word : list.strip().split("\\s+")) {
            String name = nameIn(word);
            if (name == null) {
                throw new IllegalArgumentException("akdbAttributes must list object identifiers separated by spaces");
            }
            attributes.merge(name, word.endsWith("!"), Boolean::logicalOr);
        }
        return new RequestedAttributes(attributes);
    }

    /**
     * What one login asks for. The parameter has passed the citizen's browser: it can leave out optional attributes of this
     * list and require some, never add one, and what this list requires stays. Absent ({@code null}) means the whole list.
     */
    RequestedAttributes narrowedTo(String parameter) {
        if (parameter == null) {
            return this;
        }
        Map<String, Boolean> asked = new LinkedHashMap<>();
        for (String word : parameter.strip().split("\\s+")) {
            String name = nameIn(word);
            if (name != null) {
                asked.merge(name, word.endsWith("!"), Boolean::logicalOr);
            }
        }
        Map<String, Boolean> kept = new LinkedHashMap<>();
        required.forEach((name, always) -> {
            if (always || asked.containsKey(name)) {
                kept.put(name, always || asked.get(name));
            }
        });
        return new RequestedAttributes(kept);
    }

    private static String nameIn(String word) {
        String plain = word.endsWith("!") ? word.substring(0, word.length() - 1) : word;
        plain = plain.startsWith(PREFIX) ? plain.substring(PREFIX.length()) : plain;
        return OBJECT_IDENTIFIER.matcher(plain).matches() ? PREFIX + plain : null;
    }
}

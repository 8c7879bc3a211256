package de.participationbroker.keycloak;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The attributes wanted of a citizen ID: name, and whether the login must fail without it.
 *
 * <p>Written as names separated by spaces, with the suffix {@code !} when required, object identifiers with or without
 * {@code urn:oid:}; a value inside a structured attribute by its path:
 * {@code "1.3.6.1.4.1.25484.494450.3! AssuranceLevel PlaceOfResidence/ZipCode"}. The order is kept.
 */
record RequestedAttributes(Map<String, Boolean> required) {

    static final RequestedAttributes NONE = new RequestedAttributes(Map.of());
    private static final String PREFIX = "urn:oid:";
    private static final Pattern OBJECT_IDENTIFIER = Pattern.compile("[0-2](\\.(0|[1-9][0-9]{0,19})){1,30}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,99}(/[A-Za-z_][A-Za-z0-9_.-]{0,99}){0,7}");

    RequestedAttributes {
        required = Collections.unmodifiableMap(new LinkedHashMap<>(required));
    }

    /** Reads an administrator's list; a word that is no name is an {@link IllegalArgumentException}. */
    static RequestedAttributes configured(String list) {
        Map<String, Boolean> attributes = new LinkedHashMap<>();
        for (String word : list.strip().split("\\s+")) {
            String name = nameIn(word);
            if (name == null) {
                throw new IllegalArgumentException("the attributes must be names separated by spaces");
            }
            attributes.merge(name, word.endsWith("!"), Boolean::logicalOr);
        }
        return new RequestedAttributes(attributes);
    }

    /** Whether all of them are object identifiers, as the akdb extension wants them. */
    boolean areObjectIdentifiers() {
        return required.keySet().stream().allMatch(name -> name.startsWith(PREFIX));
    }

    boolean contains(String name) {
        return required.containsKey(name);
    }

    /** Whether a value inside this structured attribute is wanted. */
    boolean containsPartsOf(String name) {
        return required.keySet().stream().anyMatch(each -> each.startsWith(name + "/"));
    }

    /**
     * What one login asks for. The parameter may have passed the citizen's browser: it can leave out optional attributes of this
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
        String number = plain.startsWith(PREFIX) ? plain.substring(PREFIX.length()) : plain;
        if (OBJECT_IDENTIFIER.matcher(number).matches()) {
            return PREFIX + number;
        }
        return NAME.matcher(plain).matches() ? plain : null;
    }
}

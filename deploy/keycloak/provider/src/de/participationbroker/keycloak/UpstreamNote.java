package de.participationbroker.keycloak;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.keycloak.util.JsonSerialization;

/**
 * What a citizen ID asserted of a login, as far as the broker wants it, whichever protocol it came by; as one JSON text:
 *
 * <pre>{"issuer":…,"authn_context":…,"authn_instant":…,"attributes":{"&lt;name&gt;":{"t":"&lt;trust&gt;","v":["&lt;value&gt;", …]}}}</pre>
 *
 * What was not asserted is absent ({@code null} here). This text is personal data: it goes into the session and the ID token and
 * nowhere else, never into a log or an exception.
 */
record UpstreamNote(String issuer, String authnContext, String authnInstant, Map<String, Attribute> attributes) {

    /** Values in their order, and the citizen ID's own word for how far it vouches for them, or {@code null}. */
    record Attribute(String trust, List<String> values) {
    }

    String json() {
        Map<String, Object> note = new LinkedHashMap<>();
        putIfSaid(note, "issuer", issuer);
        putIfSaid(note, "authn_context", authnContext);
        putIfSaid(note, "authn_instant", authnInstant);
        Map<String, Object> entries = new LinkedHashMap<>();
        attributes.forEach((name, attribute) -> entries.put(name, entry(attribute)));
        note.put("attributes", entries);
        return JsonSerialization.valueAsString(note);
    }

    private static Map<String, Object> entry(Attribute attribute) {
        Map<String, Object> entry = new LinkedHashMap<>();
        putIfSaid(entry, "t", attribute.trust());
        entry.put("v", attribute.values());
        return entry;
    }

    private static void putIfSaid(Map<String, Object> map, String name, String text) {
        if (text != null) {
            map.put(name, text);
        }
    }
}

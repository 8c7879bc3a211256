package de.participationbroker.keycloak;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.keycloak.representations.JsonWebToken;

/**
 * Makes the note of an ID token that Keycloak has validated: {@code acr} is the authentication context, {@code auth_time} the
 * instant, every other wanted claim an attribute without trust word; one inside an object by its path ({@code address/locality}).
 *
 * <p>Numbers and booleans become text, a list several values. What is deeper or larger than any claim needs is left out. Claims
 * that belong to the token itself are never attributes, whoever wants them.
 */
final class IdTokenReader {

    private static final Set<String> PROTOCOL_CLAIMS = Set.of("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "typ", "azp", "nonce",
            "sid", "session_state", "auth_time", "acr", "at_hash", "c_hash", "s_hash");
    private static final int DEPTH = 4;
    private static final int VALUES = 20;
    private static final int LENGTH = 2_000;

    private IdTokenReader() {
    }

    static UpstreamNote read(JsonWebToken token, RequestedAttributes wanted) {
        Map<String, Object> claims = token.getOtherClaims();
        Map<String, UpstreamNote.Attribute> attributes = new TreeMap<>();
        claims.forEach((name, value) -> {
            if (!PROTOCOL_CLAIMS.contains(name)) {
                add(attributes, "", name, value, wanted, 1);
            }
        });
        Object context = claims.get("acr");
        return new UpstreamNote(token.getIssuer(), context instanceof String word ? word : null, instant(claims.get("auth_time")),
                attributes);
    }

    private static void add(Map<String, UpstreamNote.Attribute> attributes, String before, Object name, Object value,
            RequestedAttributes wanted, int depth) {
        String path = before + name;
        if (name.toString().contains("/")) {
            return; // a path is no name
        }
        if (value instanceof Map<?, ?> object) {
            if (depth < DEPTH && wanted.containsPartsOf(path)) {
                object.forEach((inner, part) -> add(attributes, path + "/", inner, part, wanted, depth + 1));
            }
        } else if (wanted.contains(path)) {
            List<?> values = value instanceof List<?> list ? list : value == null ? List.of() : List.of(value);
            if (!values.isEmpty() && values.size() <= VALUES && values.stream().allMatch(IdTokenReader::isText)) {
                attributes.put(path, new UpstreamNote.Attribute(null, values.stream().map(Object::toString).toList()));
            }
        }
    }

    private static boolean isText(Object value) {
        return (value instanceof String || value instanceof Number || value instanceof Boolean) && value.toString().length() <= LENGTH;
    }

    private static String instant(Object authTime) {
        boolean plausible = authTime instanceof Number number && number.longValue() > 0 && number.longValue() < 253_402_300_800L;
        return plausible ? Instant.ofEpochSecond(((Number) authTime).longValue()).toString() : null;
    }
}

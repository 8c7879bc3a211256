package de.participationbroker.keycloak;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import javax.xml.namespace.QName;
import org.keycloak.dom.saml.v2.assertion.AssertionType;
import org.keycloak.dom.saml.v2.assertion.AttributeStatementType;
import org.keycloak.dom.saml.v2.assertion.AttributeType;
import org.keycloak.dom.saml.v2.assertion.AuthnContextType;
import org.keycloak.dom.saml.v2.assertion.AuthnStatementType;
import org.keycloak.util.JsonSerialization;

/**
 * What a citizen ID asserted, unchanged, as one JSON text:
 *
 * <pre>{"issuer":…,"authn_context":…,"authn_instant":…,"attributes":{"&lt;name&gt;":{"t":"&lt;TrustLevel&gt;","v":["&lt;value&gt;", …]}}}</pre>
 *
 * What was not asserted is absent. An attribute that comes twice with different trust has none. This text is personal data: it
 * goes into the session and the ID token and nowhere else, never into a log or an exception.
 */
final class UpstreamNote {

    private static final QName TRUST_LEVEL = new QName(AkdbExtension.NAMESPACE, "TrustLevel");

    private UpstreamNote() {
    }

    static String of(AssertionType assertion) {
        Map<String, Object> note = new LinkedHashMap<>();
        if (assertion.getIssuer() != null) {
            note.put("issuer", assertion.getIssuer().getValue());
        }
        assertion.getStatements().stream()
                .filter(AuthnStatementType.class::isInstance)
                .map(AuthnStatementType.class::cast)
                .findFirst()
                .ifPresent(statement -> addAuthentication(note, statement));
        note.put("attributes", attributes(assertion));
        return JsonSerialization.valueAsString(note);
    }

    private static void addAuthentication(Map<String, Object> note, AuthnStatementType statement) {
        AuthnContextType context = statement.getAuthnContext();
        if (context != null && context.getSequence() != null && context.getSequence().getClassRef() != null) {
            note.put("authn_context", context.getSequence().getClassRef().getValue().toString());
        }
        if (statement.getAuthnInstant() != null) {
            note.put("authn_instant", statement.getAuthnInstant().toXMLFormat());
        }
    }

    private static Map<String, Map<String, Object>> attributes(AssertionType assertion) {
        Map<String, List<AttributeType>> byName = new TreeMap<>();
        for (AttributeStatementType statement : assertion.getAttributeStatements()) {
            for (AttributeStatementType.ASTChoiceType choice : statement.getAttributes()) {
                AttributeType attribute = choice.getAttribute();
                if (attribute != null && attribute.getName() != null) {
                    // Known senders copied spaces of a printed table into some names; there are none in an OID.
                    String name = attribute.getName().replaceAll("\\s", "");
                    byName.computeIfAbsent(name, absent -> new ArrayList<>()).add(attribute);
                }
            }
        }
        Map<String, Map<String, Object>> attributes = new LinkedHashMap<>();
        byName.forEach((name, occurrences) -> attributes.put(name, valuesAndTrust(occurrences)));
        return attributes;
    }

    private static Map<String, Object> valuesAndTrust(List<AttributeType> occurrences) {
        List<String> trust = occurrences.stream()
                .map(attribute -> new HashMap<>(attribute.getOtherAttributes()).get(TRUST_LEVEL))
                .distinct()
                .toList();
        List<String> values = occurrences.stream()
                .flatMap(attribute -> attribute.getAttributeValue().stream())
                .filter(Objects::nonNull)
                .map(Object::toString)
                .toList();
        Map<String, Object> entry = new LinkedHashMap<>();
        if (trust.size() == 1 && trust.get(0) != null) {
            entry.put("t", trust.get(0));
        }
        entry.put("v", values);
        return entry;
    }
}

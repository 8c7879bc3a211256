package de.participationbroker.keycloak;

import java.util.ArrayList;
import java.util.HashMap;
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
import org.keycloak.dom.saml.v2.assertion.NameIDType;

/**
 * Makes the note of a SAML assertion: the wanted attributes unchanged, those inside structured ones by their path. An attribute
 * that comes twice with different trust has none.
 */
final class AssertionReader {

    private static final QName TRUST_LEVEL = new QName(AkdbExtension.NAMESPACE, "TrustLevel");

    private AssertionReader() {
    }

    static UpstreamNote read(AssertionType assertion, RequestedAttributes wanted) {
        NameIDType issuer = assertion.getIssuer();
        AuthnStatementType statement = assertion.getStatements().stream()
                .filter(AuthnStatementType.class::isInstance)
                .map(AuthnStatementType.class::cast)
                .findFirst()
                .orElse(null);
        return new UpstreamNote(
                issuer == null ? null : issuer.getValue(),
                statement == null ? null : contextClass(statement.getAuthnContext()),
                statement == null || statement.getAuthnInstant() == null ? null : statement.getAuthnInstant().toXMLFormat(),
                attributes(assertion, wanted));
    }

    private static String contextClass(AuthnContextType context) {
        boolean said = context != null && context.getSequence() != null && context.getSequence().getClassRef() != null;
        return said ? context.getSequence().getClassRef().getValue().toString() : null;
    }

    private static Map<String, UpstreamNote.Attribute> attributes(AssertionType assertion, RequestedAttributes wanted) {
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
        Map<String, UpstreamNote.Attribute> attributes = new TreeMap<>();
        byName.forEach((name, occurrences) -> add(attributes, name, occurrences, wanted));
        return attributes;
    }

    private static void add(Map<String, UpstreamNote.Attribute> attributes, String name, List<AttributeType> occurrences,
            RequestedAttributes wanted) {
        String trust = trust(occurrences);
        List<String> values = values(occurrences);
        if (wanted.contains(name) && !name.contains("/")) { // a path is no name
            attributes.put(name, new UpstreamNote.Attribute(trust, values));
        }
        if (wanted.containsPartsOf(name)) {
            StructuredValue.parts(name, values).forEach((path, texts) -> {
                if (wanted.contains(path)) {
                    attributes.put(path, new UpstreamNote.Attribute(trust, texts));
                }
            });
        }
    }

    private static String trust(List<AttributeType> occurrences) {
        List<String> trust = occurrences.stream()
                .map(attribute -> new HashMap<>(attribute.getOtherAttributes()).get(TRUST_LEVEL))
                .distinct()
                .toList();
        return trust.size() == 1 ? trust.get(0) : null;
    }

    private static List<String> values(List<AttributeType> occurrences) {
        return occurrences.stream()
                .flatMap(attribute -> attribute.getAttributeValue().stream())
                .filter(Objects::nonNull)
                .map(Object::toString)
                .toList();
    }
}

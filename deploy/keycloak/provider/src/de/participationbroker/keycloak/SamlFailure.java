package de.participationbroker.keycloak;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Why a citizen ID sent no assertion: its status codes, and the names of required attributes that the citizen's account lacks.
 *
 * <p>Error responses may be unsigned, so nothing here is trusted for more than telling the citizen what happened.
 */
record SamlFailure(List<String> codes, Set<String> missingAttributes) {

    private static final String PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol";
    private static final String STATUS = "urn:oasis:names:tc:SAML:2.0:status:";
    private static final Set<String> REFUSALS =
            Set.of(STATUS + "RequestDenied", STATUS + "AuthnFailed", STATUS + "NoAuthnContext");
    private static final String ATTRIBUTES_MISSING = "IDP_REQUIRED_ATTRIBUTES_MISSING";
    private static final Pattern OBJECT_IDENTIFIER = Pattern.compile("urn:oid:[0-9]{1,20}(\\.[0-9]{1,20}){1,30}");
    private static final int MOST_NAMES = 30;

    static SamlFailure in(Document response) {
        List<String> codes = new ArrayList<>();
        NodeList elements = response.getElementsByTagNameNS(PROTOCOL, "StatusCode");
        for (int position = 0; position < elements.getLength(); position++) {
            codes.add(((Element) elements.item(position)).getAttribute("Value"));
        }
        return new SamlFailure(List.copyOf(codes), missingAttributes(response));
    }

    /** Whether the citizen or the citizen ID said no, as against a technical failure. */
    boolean isRefusal() {
        return codes.contains(STATUS + "Requester") || codes.stream().anyMatch(REFUSALS::contains);
    }

    /** For machines: the citizen ID's error code and the missing attributes; empty when none are missing. */
    String missingAttributesText() {
        return missingAttributes.isEmpty() ? "" : ATTRIBUTES_MISSING + " " + String.join(" ", missingAttributes);
    }

    private static Set<String> missingAttributes(Document response) {
        Set<String> names = new LinkedHashSet<>();
        NodeList details = response.getElementsByTagNameNS("*", "StatusDetail");
        for (int position = 0; position < details.getLength(); position++) {
            String text = details.item(position).getTextContent();
            Matcher matcher = OBJECT_IDENTIFIER.matcher(text.contains(ATTRIBUTES_MISSING) ? text : "");
            while (matcher.find() && names.size() < MOST_NAMES) {
                names.add(matcher.group());
            }
        }
        return names;
    }
}

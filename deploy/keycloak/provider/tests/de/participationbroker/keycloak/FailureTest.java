package de.participationbroker.keycloak;

import static de.participationbroker.keycloak.ProviderTest.equal;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;

/** What is said when a citizen ID signs nobody in. */
final class FailureTest {

    void testCancelAndDenialAreRefusalsAndAFailureIsNot() throws Exception {
        equal(true, SamlFailure.in(status("Requester", "AuthnFailed", "")).isRefusal());
        equal(true, SamlFailure.in(status("Requester", "RequestDenied", "")).isRefusal());
        equal(true, SamlFailure.in(status("Responder", "AuthnFailed", "")).isRefusal());
        equal(false, SamlFailure.in(status("Responder", "RequestUnsupported", "")).isRefusal());
        equal(false, UpstreamFailure.ofOidc("identityProviderUnexpectedErrorMessage").isRefusal());
        equal(true, UpstreamFailure.ofOidc("access-denied-when-idp-auth").isRefusal());
    }

    void testMissingAttributesAreNamedForMachines() throws Exception {
        String detail = """
                <akdb:StatusDetail xmlns:akdb="https://www.akdb.de/request/2018/09">{"version":"1.0","errors":[{"code":\
                "IDP_REQUIRED_ATTRIBUTES_MISSING","message":"Attribute urn:oid:2.5.4.42 is required but not available."}]}\
                </akdb:StatusDetail>""";
        SamlFailure failure = SamlFailure.in(status("Requester", "RequestDenied", detail));
        equal("IDP_REQUIRED_ATTRIBUTES_MISSING urn:oid:2.5.4.42", UpstreamFailure.ofSaml("Fehlt", failure).description());
    }

    void testManyMissingAttributesAreNamedWhole() throws Exception {
        String names = "urn:oid:1.3.6.1.4.1.25484.494450.5 urn:oid:2.5.4.42 urn:oid:2.5.4.4 urn:oid:1.2.40.0.10.2.1.1.55 "
                + "urn:oid:0.9.2342.19200300.100.1.3 urn:oid:2.5.4.17 urn:oid:2.5.4.7 urn:oid:1.2.40.0.10.2.1.1.261.94";
        String detail = "IDP_REQUIRED_ATTRIBUTES_MISSING: " + names.replace(" ", ". ") + ". urn:oid:2.5.4.42";
        SamlFailure failure = SamlFailure.in(status("Requester", "RequestDenied", detail));
        equal("IDP_REQUIRED_ATTRIBUTES_MISSING " + names, UpstreamFailure.ofSaml("Fehlt", failure).description());
    }

    // RFC 6749 4.1.2.1
    void testDescriptionIsPrintableAscii() {
        equal("Ubermut tut selten gut: 'a' b ss", UpstreamFailure.asciiText("Übermut tut selten gut: 'a'\"b\\ß\n"));
        equal(false, UpstreamFailure.asciiText("\"\\\u0000\uD83D\uDE00<ü>").matches(".*[\"\\\\\\x00-\\x1f\\x7f-\\uffff].*"));
        equal(200, UpstreamFailure.asciiText("x".repeat(5000)).length());
    }

    private static Document status(String first, String second, String detail) throws Exception {
        String prefix = "urn:oasis:names:tc:SAML:2.0:status:";
        String response = """
                <samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><samlp:Status><samlp:StatusCode Value="%s">\
                <samlp:StatusCode Value="%s"/></samlp:StatusCode><samlp:StatusDetail>%s</samlp:StatusDetail></samlp:Status>\
                </samlp:Response>""".formatted(prefix + first, prefix + second, detail);
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        return factory.newDocumentBuilder().parse(new ByteArrayInputStream(response.getBytes(StandardCharsets.UTF_8)));
    }
}

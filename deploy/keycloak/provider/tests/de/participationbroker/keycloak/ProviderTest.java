package de.participationbroker.keycloak;

import java.io.ByteArrayInputStream;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.keycloak.dom.saml.v2.assertion.AssertionType;
import org.keycloak.dom.saml.v2.protocol.AuthnRequestType;
import org.keycloak.dom.saml.v2.protocol.ResponseType;
import org.keycloak.saml.SAML2AuthnRequestBuilder;
import org.keycloak.saml.SAMLRequestParser;
import org.keycloak.saml.processing.api.saml.v2.request.SAML2Request;
import org.w3c.dom.Document;
import org.w3c.dom.Node;

/** Runs every method of this class whose name begins with "test"; ends with status 1 when one fails. */
public final class ProviderTest {

    private static final String BPK2 = "urn:oid:1.3.6.1.4.1.25484.494450.3";
    private static final String COMMUNITY_ID = "urn:oid:1.3.6.1.4.1.25484.494450.5";
    private static final String GIVEN_NAME = "urn:oid:2.5.4.42";

    public static void main(String[] arguments) throws IllegalAccessException {
        List<Method> tests = Arrays.stream(ProviderTest.class.getDeclaredMethods())
                .filter(method -> method.getName().startsWith("test"))
                .sorted(Comparator.comparing(Method::getName))
                .toList();
        List<String> failures = new ArrayList<>();
        for (Method test : tests) {
            try {
                test.invoke(new ProviderTest());
            } catch (InvocationTargetException failure) {
                failures.add(test.getName() + ": " + failure.getCause());
            }
        }
        failures.forEach(System.err::println);
        System.out.println(tests.size() - failures.size() + " of " + tests.size() + " tests of the provider passed");
        System.exit(failures.isEmpty() ? 0 : 1);
    }

    // BundID interface description 10.1: names, namespaces and order
    void testExtensionIsWrittenAsDescribed() throws Exception {
        Document request = written(AkdbRequest.of(configuration(), new AkdbRequest.Login(null, null, null)));
        equal("""
                <samlp:Extensions xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">\
                <akdb:AuthenticationRequest xmlns:akdb="https://www.akdb.de/request/2018/09" EnableStatusDetail="true" Version="2">\
                <akdb:AuthnMethods>\
                <akdb:eID><akdb:Enabled>true</akdb:Enabled></akdb:eID>\
                <akdb:FINK><akdb:Enabled>false</akdb:Enabled></akdb:FINK>\
                </akdb:AuthnMethods>\
                <akdb:RequestedAttributes>\
                <akdb:RequestedAttribute Name="urn:oid:1.3.6.1.4.1.25484.494450.3" RequiredAttribute="true"/>\
                <akdb:RequestedAttribute Name="urn:oid:1.3.6.1.4.1.25484.494450.5"/>\
                <akdb:RequestedAttribute Name="urn:oid:2.5.4.42"/>\
                </akdb:RequestedAttributes>\
                <akdb:DisplayInformation>\
                <classic-ui:Version xmlns:classic-ui="https://www.akdb.de/request/2018/09/classic-ui/v1">\
                <classic-ui:OrganizationDisplayName>Beteiligung Lübeck &amp; Kiel</classic-ui:OrganizationDisplayName>\
                <classic-ui:Lang>de</classic-ui:Lang>\
                <classic-ui:OnlineServiceId>BMI-A0001</classic-ui:OnlineServiceId>\
                </classic-ui:Version>\
                </akdb:DisplayInformation>\
                </akdb:AuthenticationRequest>\
                </samlp:Extensions>""", text(only(request, "Extensions")));
    }

    void testMinimumLevelIsAskedFor() throws Exception {
        Document request = written(AkdbRequest.of(configuration(), new AkdbRequest.Login(null, "3", null)));
        Node context = only(request, "RequestedAuthnContext");
        equal("minimum", context.getAttributes().getNamedItem("Comparison").getNodeValue());
        equal("STORK-QAA-Level-3", context.getTextContent());
    }

    void testLevelOfALoginOnlyRaisesTheConfiguredOne() {
        Map<String, String> configuration = configuration();
        configuration.put("akdbMinimumLevel", "3");
        equal(3, AkdbRequest.of(configuration, new AkdbRequest.Login(null, "1", null)).minimumLevel());
        equal(4, AkdbRequest.of(configuration, new AkdbRequest.Login(null, "4", null)).minimumLevel());
        for (String nonsense : new String[] {"", "0", "5", "33", "-1", "٤", "<x/>"}) {
            equal(3, AkdbRequest.of(configuration, new AkdbRequest.Login(null, nonsense, null)).minimumLevel());
        }
    }

    void testLanguageIsTheFirstThatTheCitizenIdSpeaks() {
        for (String[] expected : new String[][] {
            {null, "de"}, {"", "de"}, {"fr", "de"}, {"en", "en"}, {"fr EN-GB de", "en"}, {"de-x-leicht", "de"}, {"uk", "uk"}}) {
            equal(expected[1], AkdbRequest.of(configuration(), new AkdbRequest.Login(null, null, expected[0])).language());
        }
    }

    void testLoginNarrowsTheAttributesAndNeverWidensThem() {
        RequestedAttributes configured = RequestedAttributes.configured(BPK2 + "! " + COMMUNITY_ID + "  2.5.4.42");
        equal(Map.of(BPK2, true, COMMUNITY_ID, false, GIVEN_NAME, false), configured.narrowedTo(null).required());
        equal(Map.of(BPK2, true), configured.narrowedTo("").required());
        equal(Map.of(BPK2, true, GIVEN_NAME, false), configured.narrowedTo("2.5.4.42 1.3.6.1.4.1.25484.494450.3").required());
        equal(Map.of(BPK2, true, GIVEN_NAME, true), configured.narrowedTo(GIVEN_NAME + "!").required());
        equal(Map.of(BPK2, true), configured.narrowedTo("2.5.4.4 2.5.4.42<x> \"/>").required());
    }

    void testUnusableConfigurationIsNamed() {
        refused("akdbAttributes is missing", Map.of());
        refused("akdbAttributes must list object identifiers separated by spaces", Map.of("akdbAttributes", "surname"));
        refused("akdbDisplayName is longer than 50 characters",
                Map.of("akdbAttributes", "2.5.4.42", "akdbDisplayName", "x".repeat(51)));
        Map<String, String> methods = configuration();
        methods.put("akdbMethods", "eID,<x>");
        refused(null, methods);
        Map<String, String> level = configuration();
        level.put("akdbMinimumLevel", "9");
        refused("akdbMinimumLevel must be 1, 2, 3 or 4", level);
    }

    void testOnlyProvidersThatAskForTheExtensionGetIt() {
        equal(true, AkdbRequest.isWanted(Map.of("akdbExtension", "true")));
        equal(false, AkdbRequest.isWanted(Map.of("akdbExtension", "false")));
        equal(false, AkdbRequest.isWanted(Map.of()));
    }

    void testAliasIsReadFromTheAddressOfTheAnswer() {
        equal("bundid", AkdbRequestPreprocessor.aliasIn("/realms/citizens/broker/bundid/endpoint"));
        equal("broker", AkdbRequestPreprocessor.aliasIn("/realms/broker/broker/broker/endpoint"));
        equal(null, AkdbRequestPreprocessor.aliasIn("/realms/citizens/protocol/saml"));
        equal(null, AkdbRequestPreprocessor.aliasIn("/endpoint"));
    }

    void testNoteHoldsLevelAndEveryAttributeWithItsTrust() throws Exception {
        String note = UpstreamNote.of(assertion("""
                <saml:Attribute Name="urn:oid:1.3.6.1.4.1.25484.494450.3" akdb:TrustLevel="NORMAL">\
                <saml:AttributeValue>JLyKyyuA_UP</saml:AttributeValue></saml:Attribute>\
                <saml:Attribute Name="urn:oid:2.5.4.7" akdb:TrustLevel="hoch"><saml:AttributeValue>KÖLN "X"</saml:AttributeValue>\
                <saml:AttributeValue>ẞ</saml:AttributeValue></saml:Attribute>\
                <saml:Attribute Name="urn:oid: 2.5.4.42"><saml:AttributeValue>ERIKA</saml:AttributeValue></saml:Attribute>"""));
        equal("{\"issuer\":\"https://idp.example/idp\",\"authn_context\":\"STORK-QAA-Level-3\","
                + "\"authn_instant\":\"2026-11-22T23:54:45.489Z\",\"attributes\":{"
                + "\"urn:oid:1.3.6.1.4.1.25484.494450.3\":{\"t\":\"NORMAL\",\"v\":[\"JLyKyyuA_UP\"]},"
                + "\"urn:oid:2.5.4.42\":{\"v\":[\"ERIKA\"]},"
                + "\"urn:oid:2.5.4.7\":{\"t\":\"hoch\",\"v\":[\"KÖLN \\\"X\\\"\",\"ẞ\"]}}}", note);
    }

    void testAttributeThatComesTwiceWithDifferentTrustHasNone() throws Exception {
        String note = UpstreamNote.of(assertion("""
                <saml:Attribute Name="urn:oid:2.5.4.42" akdb:TrustLevel="HOCH"><saml:AttributeValue>A</saml:AttributeValue>\
                </saml:Attribute>\
                <saml:Attribute Name="urn:oid:2.5.4.42" akdb:TrustLevel="NORMAL"><saml:AttributeValue>B</saml:AttributeValue>\
                </saml:Attribute>"""));
        equal(true, note.endsWith("\"attributes\":{\"urn:oid:2.5.4.42\":{\"v\":[\"A\",\"B\"]}}}"));
    }

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

    // RFC 6749 4.1.2.1
    void testDescriptionIsPrintableAscii() {
        equal("Ubermut tut selten gut: 'a' b ss", UpstreamFailure.asciiText("Übermut tut selten gut: 'a'\"b\\ß\n"));
        equal(false, UpstreamFailure.asciiText("\"\\\u0000\uD83D\uDE00<ü>").matches(".*[\"\\\\\\x00-\\x1f\\x7f-\\uffff].*"));
        equal(200, UpstreamFailure.asciiText("x".repeat(5000)).length());
    }

    private static Map<String, String> configuration() {
        return new HashMap<>(Map.of(
                "akdbExtension", "true",
                "akdbAttributes", "1.3.6.1.4.1.25484.494450.3! urn:oid:1.3.6.1.4.1.25484.494450.5 2.5.4.42",
                "akdbMethods", "eID, !FINK",
                "akdbDisplayName", "Beteiligung Lübeck & Kiel",
                "akdbOnlineServiceId", "BMI-A0001"));
    }

    private static Document written(AkdbRequest akdbRequest) throws Exception {
        AuthnRequestType request = new SAML2AuthnRequestBuilder()
                .assertionConsumerUrl("https://kc.example/realms/r/broker/bundid/endpoint")
                .destination("https://idp.example/sso")
                .createAuthnRequest();
        AkdbRequestPreprocessor.extend(request, akdbRequest);
        return SAML2Request.convert(request);
    }

    private static AssertionType assertion(String attributes) {
        String response = """
                <samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" \
                xmlns:akdb="https://www.akdb.de/request/2018/09" ID="r" Version="2.0" IssueInstant="2026-11-22T23:54:46Z">\
                <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>\
                <saml:Assertion ID="a" Version="2.0" IssueInstant="2026-11-22T23:54:46Z"><saml:Issuer>https://idp.example/idp</saml:Issuer>\
                <saml:AuthnStatement AuthnInstant="2026-11-22T23:54:45.489Z"><saml:AuthnContext>\
                <saml:AuthnContextClassRef>STORK-QAA-Level-3</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>\
                <saml:AttributeStatement>%s</saml:AttributeStatement></saml:Assertion></samlp:Response>""".formatted(attributes);
        ResponseType parsed = (ResponseType) SAMLRequestParser
                .parseResponseDocument(response.getBytes(StandardCharsets.UTF_8)).getSamlObject();
        return parsed.getAssertions().get(0).getAssertion();
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

    private static Node only(Document document, String name) {
        equal(1, document.getElementsByTagNameNS("*", name).getLength());
        return document.getElementsByTagNameNS("*", name).item(0);
    }

    private static String text(Node node) throws Exception {
        Transformer transformer = TransformerFactory.newInstance().newTransformer();
        transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
        StringWriter written = new StringWriter();
        transformer.transform(new DOMSource(node), new StreamResult(written));
        return written.toString();
    }

    private static void refused(String sentence, Map<String, String> configuration) {
        try {
            AkdbRequest.of(configuration, new AkdbRequest.Login(null, null, null));
        } catch (IllegalArgumentException expected) {
            if (sentence != null) {
                equal(sentence, expected.getMessage());
            }
            return;
        }
        throw new AssertionError("accepted: " + configuration);
    }

    private static void equal(Object expected, Object found) {
        if (expected == null ? found != null : !expected.equals(found)) {
            throw new AssertionError("expected " + expected + " but found " + found);
        }
    }
}

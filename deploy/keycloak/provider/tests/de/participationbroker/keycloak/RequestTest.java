package de.participationbroker.keycloak;

import static de.participationbroker.keycloak.ProviderTest.equal;
import static de.participationbroker.keycloak.ProviderTest.refused;

import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.keycloak.dom.saml.v2.protocol.AuthnRequestType;
import org.keycloak.saml.SAML2AuthnRequestBuilder;
import org.keycloak.saml.processing.api.saml.v2.request.SAML2Request;
import org.w3c.dom.Document;
import org.w3c.dom.Node;

/** What a citizen ID is asked. */
final class RequestTest {

    private static final String BPK2 = "urn:oid:1.3.6.1.4.1.25484.494450.3";
    private static final String COMMUNITY_ID = "urn:oid:1.3.6.1.4.1.25484.494450.5";
    private static final String GIVEN_NAME = "urn:oid:2.5.4.42";

    // BundID interface description 10.1: names, namespaces and order
    void testExtensionIsWrittenAsDescribed() throws Exception {
        Document request = written(AkdbRequest.of(configuration(), new LoginParameters(null, null, null)));
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
        Document request = written(AkdbRequest.of(configuration(), new LoginParameters(null, "3", null)));
        Node context = only(request, "RequestedAuthnContext");
        equal("minimum", context.getAttributes().getNamedItem("Comparison").getNodeValue());
        equal("STORK-QAA-Level-3", context.getTextContent());
    }

    void testLevelOfALoginOnlyRaisesTheConfiguredOne() {
        Map<String, String> configuration = configuration();
        configuration.put("akdbMinimumLevel", "3");
        equal(3, AkdbRequest.of(configuration, new LoginParameters(null, "1", null)).minimumLevel());
        equal(4, AkdbRequest.of(configuration, new LoginParameters(null, "4", null)).minimumLevel());
        for (String nonsense : new String[] {"", "0", "5", "33", "-1", "٤", "<x/>"}) {
            equal(3, AkdbRequest.of(configuration, new LoginParameters(null, nonsense, null)).minimumLevel());
        }
    }

    void testLanguageIsTheFirstThatTheCitizenIdSpeaks() {
        for (String[] expected : new String[][] {
            {null, "de"}, {"", "de"}, {"fr", "de"}, {"en", "en"}, {"fr EN-GB de", "en"}, {"de-x-leicht", "de"}, {"uk", "uk"}}) {
            equal(expected[1], AkdbRequest.of(configuration(), new LoginParameters(null, null, expected[0])).language());
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

    void testNamesAndPathsAreReadBesideObjectIdentifiers() {
        RequestedAttributes configured = RequestedAttributes.configured("AssuranceLevel! PlaceOfResidence/ZipCode 2.5.4.42");
        equal(Map.of("AssuranceLevel", true, "PlaceOfResidence/ZipCode", false, GIVEN_NAME, false), configured.required());
        equal(Map.of("AssuranceLevel", true, "PlaceOfResidence/ZipCode", false),
                configured.narrowedTo("PlaceOfResidence/ZipCode PlaceOfResidence").required());
        equal(false, configured.areObjectIdentifiers());
        for (String nonsense : new String[] {"", "a/", "/a", "a//b", "a:b", "a,b", "<a>", "!", "ä"}) {
            refused(() -> RequestedAttributes.configured(nonsense));
        }
    }

    void testUnusableConfigurationIsNamed() {
        unusable("akdbAttributes is missing", Map.of());
        unusable("akdbAttributes must list object identifiers separated by spaces", Map.of("akdbAttributes", "surname"));
        unusable("the attributes must be names separated by spaces", Map.of("akdbAttributes", "sur,name"));
        unusable("akdbDisplayName is longer than 50 characters",
                Map.of("akdbAttributes", "2.5.4.42", "akdbDisplayName", "x".repeat(51)));
        Map<String, String> methods = configuration();
        methods.put("akdbMethods", "eID,<x>");
        unusable(null, methods);
        Map<String, String> level = configuration();
        level.put("akdbMinimumLevel", "9");
        unusable("akdbMinimumLevel must be 1, 2, 3 or 4", level);
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

    void testLevelInTheWordsOfEidasIsAtLeastLow() throws Exception {
        equal(true, EidasLevel.isWanted(Map.of("bpAuthnContext", "eidas")));
        equal(false, EidasLevel.isWanted(Map.of("bpAuthnContext", "stork")));
        for (String[] expected : new String[][] {
            {null, "low"}, {"1", "low"}, {"2", "low"}, {"3", "substantial"}, {"4", "high"}, {"9", "low"}, {"<x/>", "low"}}) {
            equal("http://eidas.europa.eu/LoA/" + expected[1], EidasLevel.atLeast(new LoginParameters(null, expected[0], null)));
        }
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

    private static void unusable(String sentence, Map<String, String> configuration) {
        try {
            AkdbRequest.of(configuration, new LoginParameters(null, null, null));
        } catch (IllegalArgumentException expected) {
            if (sentence != null) {
                equal(sentence, expected.getMessage());
            }
            return;
        }
        throw new AssertionError("accepted: " + configuration);
    }
}

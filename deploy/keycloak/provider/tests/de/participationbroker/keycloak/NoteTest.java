package de.participationbroker.keycloak;

import static de.participationbroker.keycloak.ProviderTest.equal;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.keycloak.dom.saml.v2.assertion.AssertionType;
import org.keycloak.dom.saml.v2.protocol.ResponseType;
import org.keycloak.representations.JsonWebToken;
import org.keycloak.saml.SAMLRequestParser;
import org.keycloak.util.JsonSerialization;

/** What is kept of what a citizen ID answered. */
final class NoteTest {

    void testNoteHoldsLevelAndEveryAttributeWithItsTrust() throws Exception {
        String note = read("1.3.6.1.4.1.25484.494450.3 urn:oid:2.5.4.7 2.5.4.42", """
                <saml:Attribute Name="urn:oid:1.3.6.1.4.1.25484.494450.3" akdb:TrustLevel="NORMAL">\
                <saml:AttributeValue>JLyKyyuA_UP</saml:AttributeValue></saml:Attribute>\
                <saml:Attribute Name="urn:oid:2.5.4.7" akdb:TrustLevel="hoch"><saml:AttributeValue>KÖLN "X"</saml:AttributeValue>\
                <saml:AttributeValue>ẞ</saml:AttributeValue></saml:Attribute>\
                <saml:Attribute Name="urn:oid: 2.5.4.42"><saml:AttributeValue>ERIKA</saml:AttributeValue></saml:Attribute>""");
        equal("{\"issuer\":\"https://idp.example/idp\",\"authn_context\":\"STORK-QAA-Level-3\","
                + "\"authn_instant\":\"2026-11-22T23:54:45.489Z\",\"attributes\":{"
                + "\"urn:oid:1.3.6.1.4.1.25484.494450.3\":{\"t\":\"NORMAL\",\"v\":[\"JLyKyyuA_UP\"]},"
                + "\"urn:oid:2.5.4.42\":{\"v\":[\"ERIKA\"]},"
                + "\"urn:oid:2.5.4.7\":{\"t\":\"hoch\",\"v\":[\"KÖLN \\\"X\\\"\",\"ẞ\"]}}}", note);
    }

    void testAttributeThatComesTwiceWithDifferentTrustHasNone() throws Exception {
        String note = read("2.5.4.42", """
                <saml:Attribute Name="urn:oid:2.5.4.42" akdb:TrustLevel="HOCH"><saml:AttributeValue>A</saml:AttributeValue>\
                </saml:Attribute>\
                <saml:Attribute Name="urn:oid:2.5.4.42" akdb:TrustLevel="NORMAL"><saml:AttributeValue>B</saml:AttributeValue>\
                </saml:Attribute>""");
        equal(true, note.endsWith("\"attributes\":{\"urn:oid:2.5.4.42\":{\"v\":[\"A\",\"B\"]}}}"));
    }

    void testOnlyWantedAttributesGetIntoTheNote() throws Exception {
        String note = read("2.5.4.42", """
                <saml:Attribute Name="urn:oid:2.5.4.42"><saml:AttributeValue>A</saml:AttributeValue></saml:Attribute>\
                <saml:Attribute Name="urn:oid:2.5.4.4"><saml:AttributeValue>B</saml:AttributeValue></saml:Attribute>\
                <saml:Attribute Name="GivenNames"><saml:AttributeValue>C</saml:AttributeValue></saml:Attribute>""");
        equal(true, note.endsWith("\"attributes\":{\"urn:oid:2.5.4.42\":{\"v\":[\"A\"]}}}"));
        equal(Map.of(), AssertionReader.read(assertion("""
                <saml:Attribute Name="A"><saml:AttributeValue>A</saml:AttributeValue></saml:Attribute>"""),
                RequestedAttributes.NONE).attributes());
    }

    // .NET and ekona write structured values without and with an outermost element of the attribute's name
    void testStructuredValueIsTakenApartByLocalNames() throws Exception {
        String wanted = "AssuranceLevel PlaceOfResidence/ZipCode PlaceOfResidence/City LegalEntity/Address/City";
        String without = """
                <saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:p3="urn:p3" xsi:type="p3:AddressType">\
                <p3:StreetAddress>Breite Straße 1</p3:StreetAddress><p3:ZipCode>23552</p3:ZipCode><p3:City>Lübeck &amp; mehr</p3:City>\
                </saml:AttributeValue>""";
        String within = """
                <saml:AttributeValue xmlns:p3="urn:p3"><p3:PlaceOfResidence><p3:StreetAddress>Breite Straße 1</p3:StreetAddress>\
                <p3:ZipCode>23552</p3:ZipCode><p3:City>Lübeck &amp; mehr</p3:City></p3:PlaceOfResidence></saml:AttributeValue>""";
        String elsewhereDeclared = "<saml:AttributeValue><akdb:ZipCode>23552</akdb:ZipCode><akdb:City>Lübeck &amp; mehr</akdb:City>"
                + "</saml:AttributeValue>";
        for (String value : new String[] {without, within, elsewhereDeclared}) {
            String note = read(wanted, "<saml:Attribute Name=\"PlaceOfResidence\">" + value + "</saml:Attribute>");
            equal(true, note.endsWith("\"attributes\":{\"PlaceOfResidence/City\":{\"v\":[\"Lübeck & mehr\"]},"
                    + "\"PlaceOfResidence/ZipCode\":{\"v\":[\"23552\"]}}}"));
        }
        String nested = read(wanted, """
                <saml:Attribute Name="LegalEntity"><saml:AttributeValue><akdb:Address><akdb:City>Kiel</akdb:City></akdb:Address>\
                <akdb:City>Plön</akdb:City></saml:AttributeValue></saml:Attribute>""");
        equal(true, nested.endsWith("\"attributes\":{\"LegalEntity/Address/City\":{\"v\":[\"Kiel\"]}}}"));
    }

    void testOddStructuredValuesAreDroppedAndTheRestStands() throws Exception {
        String wanted = "A B/C";
        for (String odd : new String[] {
            "no element", "&lt;C&gt;", "&lt;C&gt;x&lt;/C&gt;&lt;/root&gt;&lt;root&gt;", "&lt;!DOCTYPE C&gt;&lt;C&gt;x&lt;/C&gt;",
            "&lt;C&gt;&amp;lol;&lt;/C&gt;", "&lt;C&gt;x&lt;/C&gt; text", "&lt;p:C&gt;x&lt;/p:C&gt;",
            "&lt;C&gt;x&lt;/C&gt;" + "&lt;D/&gt;".repeat(200), "&lt;C&gt;" + "x".repeat(20_000) + "&lt;/C&gt;",
            "&lt;C&gt;x&lt;/C&gt;" + "&lt;D&gt;".repeat(9) + "&lt;/D&gt;".repeat(9)}) {
            String note = read(wanted, """
                    <saml:Attribute Name="A"><saml:AttributeValue>a</saml:AttributeValue></saml:Attribute>\
                    <saml:Attribute Name="B"><saml:AttributeValue>%s</saml:AttributeValue></saml:Attribute>""".formatted(odd));
            equal(true, note.endsWith("\"attributes\":{\"A\":{\"v\":[\"a\"]}}}"));
        }
    }

    void testPartThatComesTwiceHasTwoValuesAndAnEmptyOneNone() throws Exception {
        equal(Map.of("B/C", List.of("x", "y")), StructuredValue.parts("B", List.of("<C>x</C><C>y</C><D/><D> </D>")));
        equal(Map.of("B/C", List.of("x", "y")), StructuredValue.parts("B", List.of("<C>x</C>", "<B><C><![CDATA[y]]></C></B>")));
        equal(Map.of("B/B/C", List.of("x")), StructuredValue.parts("B", List.of("<B><B><C>x</C></B></B>")));
    }

    void testPathThatIsNoNameIsNotAnAttribute() throws Exception {
        String note = read("B/C", """
                <saml:Attribute Name="B/C"><saml:AttributeValue>x</saml:AttributeValue></saml:Attribute>""");
        equal(true, note.endsWith("\"attributes\":{}}"));
    }

    void testIdTokenIsReadLikeAnAssertion() throws Exception {
        equal("{\"issuer\":\"https://op.example\",\"authn_context\":\"http://eidas.europa.eu/LoA/high\","
                + "\"authn_instant\":\"2026-11-22T23:54:45Z\",\"attributes\":{"
                + "\"address/locality\":{\"v\":[\"Kiel\"]},\"amr\":{\"v\":[\"hwk\",\"pin\"]},\"email_verified\":{\"v\":[\"true\"]},"
                + "\"given_name\":{\"v\":[\"Ute \\\"U\\\"\"]},\"number\":{\"v\":[\"7\"]}}}",
                note("given_name number amr address/locality email_verified sub acr nonce sid", """
                {"iss":"https://op.example","sub":"s","aud":"kc","exp":4000000000,"iat":1795391685,"auth_time":1795391685,"nonce":"n",
                "acr":"http://eidas.europa.eu/LoA/high","amr":["hwk","pin"],"sid":"x","given_name":"Ute \\"U\\"","family_name":"Unbekannt",
                "number":7,"email_verified":true,"address":{"locality":"Kiel","postal_code":"24103"}}"""));
    }

    void testOddClaimsAreLeftOutAndTheRestStands() throws Exception {
        for (String odd : new String[] {
            "null", "[]", "[\"a\",{}]", "{\"c\":\"x\"}", "[[\"a\"]]", "\"" + "x".repeat(2001) + "\"", "[" + "1,".repeat(20) + "1]"}) {
            equal("{\"issuer\":\"i\",\"attributes\":{\"a\":{\"v\":[\"x\"]}}}",
                    note("a b", "{\"iss\":\"i\",\"a\":\"x\",\"b\":" + odd + ",\"acr\":[\"x\"],\"auth_time\":\"now\"}"));
        }
        equal("{\"issuer\":\"i\",\"attributes\":{}}", note("a/b a/b/c", "{\"iss\":\"i\",\"a/b\":\"x\",\"a\":{\"b/c\":\"x\"},\"auth_time\":1e18}"));
    }

    private static String read(String wanted, String attributes) {
        return AssertionReader.read(assertion(attributes), RequestedAttributes.configured(wanted)).json();
    }

    private static String note(String wanted, String token) throws Exception {
        return IdTokenReader.read(JsonSerialization.readValue(token, JsonWebToken.class), RequestedAttributes.configured(wanted)).json();
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
}

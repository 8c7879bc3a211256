package de.participationbroker.keycloak;

import static de.participationbroker.keycloak.ProviderTest.equal;

import java.util.Arrays;
import java.util.List;

/** The account without a citizen ID: which addresses it takes, and for how long a link and a code are good. */
final class ResidentsTest {

    private static final long NOW = 1_800_000_000_000L;

    void testAnAddressIsOneInLowerCaseWithoutBlanksAround() {
        equal(new EmailAddress("erika.m+x@stadt.example"), EmailAddress.in(List.of("  Erika.M+x@Stadt.EXAMPLE ")));
    }

    // AL-03
    void testMalformedAddressesAreRefused() {
        for (String sent : List.of("", "erika", "erika@localhost", "@stadt.example", "a@evil.example@stadt.example", "a b@stadt.example",
                "a@stadt.example\r\nBcc: b@evil.example", "\"a b\"@stadt.example", "a@stadt..example", ".a@stadt.example", "a@-stadt.example",
                "\u0430@stadt.example", "a@st\u00e4dt.example", "\u212Aa@stadt.example", "a@stadt.example,b@stadt.example", "a@[127.0.0.1]",
                "a".repeat(65) + "@stadt.example", "a@" + "b.".repeat(126) + "example", "a@" + "x".repeat(100_000))) {
            equal(null, EmailAddress.in(List.of(sent)));
        }
    }

    void testAMissingOrDoubledAddressIsRefused() {
        equal(null, EmailAddress.in(null));
        equal(null, EmailAddress.in(List.of("a@stadt.example", "b@stadt.example")));
    }

    void testKeyAndCodeAreRightOnlyAsSent() {
        SentLink sent = SentLink.to(new EmailAddress("a@stadt.example"), NOW);
        equal(SentLink.Answer.RIGHT, sent.answerToKey(sent.key(), NOW));
        equal(SentLink.Answer.RIGHT, sent.answerToCode(sent.readableCode(), NOW));
        equal(SentLink.Answer.RIGHT, sent.answerToCode(" " + sent.code() + "-", NOW));
        for (String wrong : Arrays.asList("", sent.key() + "x", sent.code() + "0", sent.code().substring(1), "\u0000")) {
            equal(SentLink.Answer.WRONG, sent.answerToKey(wrong, NOW));
            equal(SentLink.Answer.WRONG, sent.answerToCode(wrong, NOW));
        }
        equal(SentLink.Answer.WRONG, sent.answerToCode(null, NOW));
        equal(SentLink.Answer.WRONG, sent.answerToKey(sent.code(), NOW));
    }

    void testLinkAndCodeEndAfterAQuarterOfAnHour() {
        SentLink sent = SentLink.to(new EmailAddress("a@stadt.example"), NOW);
        long end = NOW + 15 * 60_000;
        equal(SentLink.Answer.RIGHT, sent.answerToKey(sent.key(), end));
        equal(SentLink.Answer.EXPIRED, sent.answerToKey(sent.key(), end + 1));
        equal(SentLink.Answer.EXPIRED, sent.answerToCode(sent.code(), end + 1));
    }

    void testAfterFiveTriesNotEvenTheRightCodeCounts() {
        SentLink sent = SentLink.to(new EmailAddress("a@stadt.example"), NOW);
        for (int tries = 0; tries < 5; tries++) {
            equal(SentLink.Answer.RIGHT, sent.answerToCode(sent.code(), NOW));
            sent = sent.afterATry();
        }
        equal(SentLink.Answer.USED_UP, sent.answerToCode(sent.code(), NOW));
        equal(SentLink.Answer.USED_UP, sent.answerToKey(sent.key(), NOW));
    }

    void testKeysAreLongAndNoTwoLinksAreAlike() {
        SentLink one = SentLink.to(new EmailAddress("a@stadt.example"), NOW);
        SentLink other = SentLink.to(new EmailAddress("a@stadt.example"), NOW);
        equal(43, one.key().length());
        equal(true, one.code().matches("\\d{8}"));
        equal(false, one.key().equals(other.key()));
    }
}

package de.participationbroker.keycloak;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import org.keycloak.sessions.AuthenticationSessionModel;

/**
 * What was sent to an address in one sign-in: the key in the link and the code for those who read their mail on another device. Both
 * live in the notes of the sign-in alone, so they are worth nothing in a browser that did not ask for them, and end with it.
 */
record SentLink(EmailAddress address, String key, String code, long until, int tries) {

    /** How the answer to a link or code fared. */
    enum Answer { RIGHT, WRONG, EXPIRED, USED_UP }

    static final int MINUTES = 15;
    static final int MOST_TRIES = 5;
    private static final int CODE_BOUND = 100_000_000;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String NOTE = "bp_sent_";

    /** A fresh link for this address; {@code now} in milliseconds. */
    static SentLink to(EmailAddress address, long now) {
        byte[] key = new byte[32];
        RANDOM.nextBytes(key);
        return new SentLink(address, Base64.getUrlEncoder().withoutPadding().encodeToString(key),
                String.format("%08d", RANDOM.nextInt(CODE_BOUND)), now + MINUTES * 60_000L, 0);
    }

    /** What this sign-in last sent, or {@code null}. */
    static SentLink in(AuthenticationSessionModel signIn) {
        String address = signIn.getAuthNote(NOTE + "address");
        return address == null ? null : new SentLink(new EmailAddress(address), signIn.getAuthNote(NOTE + "key"),
                signIn.getAuthNote(NOTE + "code"), Long.parseLong(signIn.getAuthNote(NOTE + "until")),
                Integer.parseInt(signIn.getAuthNote(NOTE + "tries")));
    }

    void keep(AuthenticationSessionModel signIn) {
        signIn.setAuthNote(NOTE + "address", address.text());
        signIn.setAuthNote(NOTE + "key", key);
        signIn.setAuthNote(NOTE + "code", code);
        signIn.setAuthNote(NOTE + "until", Long.toString(until));
        signIn.setAuthNote(NOTE + "tries", Integer.toString(tries));
    }

    static void forget(AuthenticationSessionModel signIn) {
        for (String part : new String[] {"address", "key", "code", "until", "tries"}) {
            signIn.removeAuthNote(NOTE + part);
        }
    }

    /** The code in two groups of four, as the mail shows it. */
    String readableCode() {
        return code.substring(0, 4) + " " + code.substring(4);
    }

    SentLink afterATry() {
        return new SentLink(address, key, code, until, tries + 1);
    }

    Answer answerToKey(String given, long now) {
        return answer(key, given, now);
    }

    /** Blanks and dashes in a typed code do not count. */
    Answer answerToCode(String given, long now) {
        return answer(code, given == null ? "" : given.replaceAll("[\\s-]", ""), now);
    }

    private Answer answer(String wanted, String given, long now) {
        if (now > until) {
            return Answer.EXPIRED;
        }
        if (tries >= MOST_TRIES) {
            return Answer.USED_UP;
        }
        boolean same = MessageDigest.isEqual(wanted.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
        return same ? Answer.RIGHT : Answer.WRONG;
    }
}

package de.participationbroker.keycloak;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.SingleUseObjectProvider;

/**
 * How many mails go to one address, and are asked for from one place, within an hour. Counted by digests in Keycloak's memory of
 * one-time objects, which all servers of a cluster share and which forgets by itself. Known and unknown addresses count alike.
 */
record MailQuota(KeycloakSession session) {

    static final int PER_ADDRESS = 5;
    static final int PER_PLACE = 60; // a school or a library asks from one address
    private static final long SECONDS = 3600;

    /** Takes one mail off both quotas; false when one of them is used up. */
    boolean take(EmailAddress address, String place) {
        return takeSlot("place", place, PER_PLACE) && takeSlot("address", address.text(), PER_ADDRESS);
    }

    private boolean takeSlot(String kind, String value, int slots) {
        SingleUseObjectProvider taken = session.singleUseObjects();
        String realm = session.getContext().getRealm().getId();
        for (int slot = 0; slot < slots; slot++) {
            if (taken.putIfAbsent("bp-mail-" + digest(String.join("|", realm, kind, value)) + "-" + slot, SECONDS)) {
                return true;
            }
        }
        return false;
    }

    private static String digest(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible); // every Java has it
        }
    }
}

package de.participationbroker.keycloak;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * An e-mail address as a resident's account has it: ASCII, in lower case, one {@code @}, a host with a dot. Look-alike letters, quoted
 * local parts, comments and line breaks are refused: they help nobody but somebody who wants to pass for somebody else.
 */
record EmailAddress(String text) {

    private static final int LONGEST = 254; // RFC 5321 4.5.3.1.3, without the brackets
    private static final int LONGEST_LOCAL_PART = 64; // RFC 5321 4.5.3.1.1
    private static final String LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
    private static final Pattern SHAPE = Pattern.compile(
            "[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@" + LABEL + "(?:\\." + LABEL + ")+");

    /** The address in what a form sent under one name, or {@code null} when it is missing, doubled or not of this shape. */
    static EmailAddress in(List<String> sent) {
        if (sent == null || sent.size() != 1) {
            return null;
        }
        String typed = sent.get(0).strip();
        // Before it is made lower case: some letters, like the sign for Kelvin, become ASCII only then.
        boolean fits = typed.length() <= LONGEST && typed.indexOf('@') <= LONGEST_LOCAL_PART && typed.chars().allMatch(each -> each < 128);
        String text = typed.toLowerCase(Locale.ROOT);
        return fits && SHAPE.matcher(text).matches() ? new EmailAddress(text) : null;
    }
}

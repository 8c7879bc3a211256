package de.participationbroker.keycloak;

import org.keycloak.locale.LocaleSelectorProvider;
import org.keycloak.protocol.oidc.endpoints.AuthorizationEndpoint;
import org.keycloak.sessions.AuthenticationSessionModel;

/**
 * What the broker asks for in one login: parameters of the authorization request, each {@code null} when absent.
 *
 * <p>{@code bp_attrs}: see {@link RequestedAttributes}; {@code bp_level}: 1 to 4; {@code ui_locales}. The broker pushes its
 * requests, so that a browser cannot edit them. A request that came by the browser can only ask for less than is configured, and
 * whoever receives the answer checks what came back.
 */
record LoginParameters(String attributes, String level, String locales) {

    private static final String PREFIX = AuthorizationEndpoint.LOGIN_SESSION_NOTE_ADDITIONAL_REQ_PARAMS_PREFIX;

    static LoginParameters of(AuthenticationSessionModel session) {
        return new LoginParameters(
                session.getClientNote(PREFIX + "bp_attrs"),
                session.getClientNote(PREFIX + "bp_level"),
                session.getClientNote(LocaleSelectorProvider.CLIENT_REQUEST_LOCALE));
    }

    /** The level asked for, or 0 when none or nonsense was. */
    int levelNumber() {
        return number(level);
    }

    /** A level written as one digit, or 0. */
    static int number(String word) {
        return word != null && word.strip().matches("[1-4]") ? word.strip().charAt(0) - '0' : 0;
    }
}

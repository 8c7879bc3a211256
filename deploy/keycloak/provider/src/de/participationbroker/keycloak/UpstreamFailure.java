package de.participationbroker.keycloak;

import java.text.Normalizer;
import org.keycloak.authentication.AuthenticationFlowContext;
import org.keycloak.models.utils.FormMessage;
import org.keycloak.saml.SAMLRequestParser;
import org.keycloak.saml.processing.core.saml.v2.common.SAMLDocumentHolder;
import org.keycloak.services.messages.Messages;

/**
 * How an identity provider ended a login without signing anybody in: whether it (or the citizen) refused, or failed, and in
 * which words. Keycloak hands on nothing but a message; what a SAML response says beyond it is read from the request once more.
 */
record UpstreamFailure(boolean isRefusal, String description) {

    private static final int DESCRIPTION_LENGTH = 200;

    /** The failure that brought this request here, or {@code null} when no identity provider was asked. */
    static UpstreamFailure in(AuthenticationFlowContext context) {
        FormMessage message = context.getForwardedErrorMessage();
        if (message == null) {
            return null;
        }
        String response = context.getHttpRequest().getDecodedFormParameters().getFirst("SAMLResponse");
        SAMLDocumentHolder holder = response == null ? null : SAMLRequestParser.parseResponsePostBinding(response);
        return holder == null || holder.getSamlDocument() == null
                ? ofOidc(message.getMessage())
                : ofSaml(message.getMessage(), SamlFailure.in(holder.getSamlDocument()));
    }

    static UpstreamFailure ofOidc(String messageKey) {
        return new UpstreamFailure(Messages.ACCESS_DENIED_WHEN_IDP_AUTH.equals(messageKey), asciiText(messageKey));
    }

    static UpstreamFailure ofSaml(String statusMessage, SamlFailure failure) {
        String missing = failure.missingAttributesText();
        return new UpstreamFailure(failure.isRefusal(), missing.isEmpty() ? asciiText(statusMessage) : missing);
    }

    /** An error description may hold printable ASCII without quote and backslash only (RFC 6749 4.1.2.1). */
    static String asciiText(String text) {
        String plain = Normalizer.normalize(text.replace("ß", "ss"), Normalizer.Form.NFD)
                .replaceAll("\\p{M}", "")
                .replaceAll("[^ !#-\\[\\]-~]", " ")
                .strip();
        return plain.substring(0, Math.min(plain.length(), DESCRIPTION_LENGTH));
    }
}

package de.participationbroker.keycloak;

import jakarta.ws.rs.core.Response;
import org.jboss.logging.Logger;
import org.keycloak.authentication.AuthenticationFlowContext;
import org.keycloak.protocol.LoginProtocol;
import org.keycloak.protocol.LoginProtocol.Error;

/**
 * Last alternative of the browser flow: instead of a login page, which does not exist here, the client gets an answer.
 *
 * <ul>
 *   <li>The citizen cancelled or the citizen ID refused: {@code access_denied}. The description is the citizen ID's own
 *       message, or, when required attributes are missing, {@code IDP_REQUIRED_ATTRIBUTES_MISSING urn:oid:… urn:oid:…}.
 *   <li>The citizen ID failed, or none of the wanted name exists: {@code temporarily_unavailable}.
 * </ul>
 */
public final class ReturnErrorAuthenticator extends OwnAuthenticator {

    private static final Logger LOGGER = Logger.getLogger(ReturnErrorAuthenticator.class);

    @Override
    public void authenticate(AuthenticationFlowContext context) {
        UpstreamFailure failure = UpstreamFailure.in(context);
        if (failure == null) {
            LOGGER.warnf("A login in realm '%s' named no identity provider that exists.", context.getRealm().getName());
        }
        boolean refused = failure != null && failure.isRefusal();
        context.getEvent().error(refused ? "access_denied" : "identity_provider_error");
        // Keycloak has no error that means "the provider failed"; this one becomes temporarily_unavailable.
        context.forceChallenge(answer(context, refused ? Error.CANCELLED_BY_USER : Error.ALREADY_LOGGED_IN,
                refused ? failure.description() : null));
    }

    private static Response answer(AuthenticationFlowContext context, Error error, String description) {
        return context.getSession()
                .getProvider(LoginProtocol.class, context.getAuthenticationSession().getProtocol())
                .setRealm(context.getRealm())
                .setHttpHeaders(context.getHttpRequest().getHttpHeaders())
                .setUriInfo(context.getUriInfo())
                .setEventBuilder(context.getEvent())
                .sendError(context.getAuthenticationSession(), error, description);
    }

    @Override
    public void action(AuthenticationFlowContext context) {
        authenticate(context);
    }

    @Override
    public String getId() {
        return "bp-return-error";
    }

    @Override
    public String getDisplayType() {
        return "Participation broker: return to the client with an error";
    }

    @Override
    public String getHelpText() {
        return "Answers the client when no identity provider signed anybody in. Must be the last alternative of the flow.";
    }
}

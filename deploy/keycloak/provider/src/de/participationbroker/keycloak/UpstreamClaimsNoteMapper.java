package de.participationbroker.keycloak;

import org.keycloak.broker.oidc.KeycloakOIDCIdentityProviderFactory;
import org.keycloak.broker.oidc.OIDCIdentityProvider;
import org.keycloak.broker.oidc.OIDCIdentityProviderFactory;
import org.keycloak.broker.provider.BrokeredIdentityContext;
import org.keycloak.models.IdentityProviderMapperModel;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.representations.JsonWebToken;

/** The note of an ID token. */
public final class UpstreamClaimsNoteMapper extends NoteMapper {

    // Keycloak would take the preferred user name or the e-mail address for the person's key; whoever gets that address next would get
    // the account. Only `sub` is a key (OpenID Connect Core 5.7).
    @Override
    public void preprocessFederatedIdentity(KeycloakSession session, RealmModel realm, IdentityProviderMapperModel mapper,
            BrokeredIdentityContext context) {
        context.setUsername(context.getId());
        super.preprocessFederatedIdentity(session, realm, mapper, context);
    }

    @Override
    UpstreamNote note(BrokeredIdentityContext context, RequestedAttributes wanted) {
        Object found = context.getContextData().get(OIDCIdentityProvider.VALIDATED_ID_TOKEN);
        return found instanceof JsonWebToken token ? IdTokenReader.read(token, wanted) : null;
    }

    @Override
    public String[] getCompatibleProviders() {
        return new String[] {OIDCIdentityProviderFactory.PROVIDER_ID, KeycloakOIDCIdentityProviderFactory.PROVIDER_ID};
    }

    @Override
    public String getId() {
        return "bp-upstream-claims-note";
    }

    @Override
    public String getDisplayType() {
        return "Participation broker: ID token as session note";
    }
}

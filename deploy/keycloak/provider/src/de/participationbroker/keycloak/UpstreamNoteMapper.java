package de.participationbroker.keycloak;

import java.util.List;
import org.keycloak.broker.provider.AbstractIdentityProviderMapper;
import org.keycloak.broker.provider.BrokeredIdentityContext;
import org.keycloak.broker.saml.SAMLEndpoint;
import org.keycloak.broker.saml.SAMLIdentityProviderFactory;
import org.keycloak.dom.saml.v2.assertion.AssertionType;
import org.keycloak.models.IdentityProviderMapperModel;
import org.keycloak.models.IdentityProviderSyncMode;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.provider.ProviderConfigProperty;

/** Keeps the whole assertion as the session note {@code bp_upstream}, see {@link UpstreamNote}. */
public final class UpstreamNoteMapper extends AbstractIdentityProviderMapper {

    static final String NOTE = "bp_upstream";

    @Override
    public void preprocessFederatedIdentity(KeycloakSession session, RealmModel realm, IdentityProviderMapperModel mapper,
            BrokeredIdentityContext context) {
        keep(context);
    }

    // The note of the first hook alone is lost in the first-login flow.
    @Override
    public void importNewUser(KeycloakSession session, RealmModel realm, UserModel user, IdentityProviderMapperModel mapper,
            BrokeredIdentityContext context) {
        keep(context);
    }

    @Override
    public void updateBrokeredUser(KeycloakSession session, RealmModel realm, UserModel user,
            IdentityProviderMapperModel mapper, BrokeredIdentityContext context) {
        keep(context);
    }

    private static void keep(BrokeredIdentityContext context) {
        if (context.getContextData().get(SAMLEndpoint.SAML_ASSERTION) instanceof AssertionType assertion) {
            context.setSessionNote(NOTE, UpstreamNote.of(assertion));
        }
    }

    @Override
    public boolean supportsSyncMode(IdentityProviderSyncMode mode) {
        return true;
    }

    @Override
    public String[] getCompatibleProviders() {
        return new String[] {SAMLIdentityProviderFactory.PROVIDER_ID};
    }

    @Override
    public String getId() {
        return "bp-upstream-note";
    }

    @Override
    public String getDisplayCategory() {
        return "Session note";
    }

    @Override
    public String getDisplayType() {
        return "Participation broker: whole assertion as session note";
    }

    @Override
    public String getHelpText() {
        return "Keeps issuer, authentication context and all attributes with their trust level as session note " + NOTE + ".";
    }

    @Override
    public List<ProviderConfigProperty> getConfigProperties() {
        return List.of();
    }
}

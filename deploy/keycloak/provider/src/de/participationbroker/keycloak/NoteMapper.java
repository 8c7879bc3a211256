package de.participationbroker.keycloak;

import java.util.List;
import org.jboss.logging.Logger;
import org.keycloak.broker.provider.AbstractIdentityProviderMapper;
import org.keycloak.broker.provider.BrokeredIdentityContext;
import org.keycloak.models.IdentityProviderMapperModel;
import org.keycloak.models.IdentityProviderSyncMode;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserModel;
import org.keycloak.provider.ProviderConfigProperty;

/**
 * Keeps what a citizen ID asserted as the session note {@code bp_upstream}, see {@link UpstreamNote}.
 *
 * <p>The configuration key {@code attributes} lists all that may ever pass, and one login narrows it ({@link LoginParameters}).
 * Whatever is not listed is dropped here; without the key no attribute passes.
 */
abstract class NoteMapper extends AbstractIdentityProviderMapper {

    static final String NOTE = "bp_upstream";
    static final String ATTRIBUTES = "attributes";
    private static final Logger LOGGER = Logger.getLogger(NoteMapper.class);

    /** The note of this login, or {@code null} when it did not come by the protocol of this mapper. */
    abstract UpstreamNote note(BrokeredIdentityContext context, RequestedAttributes wanted);

    @Override
    public void preprocessFederatedIdentity(KeycloakSession session, RealmModel realm, IdentityProviderMapperModel mapper,
            BrokeredIdentityContext context) {
        keep(context, mapper);
    }

    // The note of the first hook alone is lost in the first-login flow.
    @Override
    public final void importNewUser(KeycloakSession session, RealmModel realm, UserModel user, IdentityProviderMapperModel mapper,
            BrokeredIdentityContext context) {
        keep(context, mapper);
    }

    @Override
    public final void updateBrokeredUser(KeycloakSession session, RealmModel realm, UserModel user,
            IdentityProviderMapperModel mapper, BrokeredIdentityContext context) {
        keep(context, mapper);
    }

    private void keep(BrokeredIdentityContext context, IdentityProviderMapperModel mapper) {
        UpstreamNote note = note(context, wanted(mapper).narrowedTo(asked(context)));
        if (note != null) {
            context.setSessionNote(NOTE, note.json());
        }
    }

    private static String asked(BrokeredIdentityContext context) {
        return context.getAuthenticationSession() == null ? null : LoginParameters.of(context.getAuthenticationSession()).attributes();
    }

    private static RequestedAttributes wanted(IdentityProviderMapperModel mapper) {
        String list = mapper.getConfig().get(ATTRIBUTES);
        try {
            return list == null || list.isBlank() ? RequestedAttributes.NONE : RequestedAttributes.configured(list);
        } catch (IllegalArgumentException unusable) {
            LOGGER.errorf("Mapper '%s' of identity provider '%s' lets nothing pass: %s.", mapper.getName(),
                    mapper.getIdentityProviderAlias(), unusable.getMessage());
            return RequestedAttributes.NONE;
        }
    }

    @Override
    public final boolean supportsSyncMode(IdentityProviderSyncMode mode) {
        return true;
    }

    @Override
    public final String getDisplayCategory() {
        return "Session note";
    }

    @Override
    public final String getHelpText() {
        return "Keeps issuer, authentication context and the listed attributes as session note " + NOTE + ".";
    }

    @Override
    public final List<ProviderConfigProperty> getConfigProperties() {
        return List.of(new ProviderConfigProperty(ATTRIBUTES, "Attributes",
                "Names separated by spaces; nothing else passes.", ProviderConfigProperty.STRING_TYPE, ""));
    }
}

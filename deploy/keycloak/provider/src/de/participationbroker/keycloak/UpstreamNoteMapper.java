package de.participationbroker.keycloak;

import org.keycloak.broker.provider.BrokeredIdentityContext;
import org.keycloak.broker.saml.SAMLEndpoint;
import org.keycloak.broker.saml.SAMLIdentityProviderFactory;
import org.keycloak.dom.saml.v2.assertion.AssertionType;

/** The note of a SAML assertion. */
public final class UpstreamNoteMapper extends NoteMapper {

    @Override
    UpstreamNote note(BrokeredIdentityContext context, RequestedAttributes wanted) {
        Object found = context.getContextData().get(SAMLEndpoint.SAML_ASSERTION);
        return found instanceof AssertionType assertion ? AssertionReader.read(assertion, wanted) : null;
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
    public String getDisplayType() {
        return "Participation broker: assertion as session note";
    }
}

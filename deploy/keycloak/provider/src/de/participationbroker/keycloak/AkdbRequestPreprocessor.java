package de.participationbroker.keycloak;

import org.jboss.logging.Logger;
import org.keycloak.Config;
import org.keycloak.dom.saml.v2.protocol.AuthnContextComparisonType;
import org.keycloak.dom.saml.v2.protocol.AuthnRequestType;
import org.keycloak.dom.saml.v2.protocol.ExtensionsType;
import org.keycloak.dom.saml.v2.protocol.RequestedAuthnContextType;
import org.keycloak.models.IdentityProviderModel;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.KeycloakSessionFactory;
import org.keycloak.protocol.saml.preprocessor.SamlAuthenticationPreprocessor;
import org.keycloak.sessions.AuthenticationSessionModel;

/**
 * Adds what one login asks for to the request: the akdb extension and its minimum level for identity providers whose
 * configuration says {@code akdbExtension: true} (see {@link AkdbRequest}), the minimum level in eIDAS words for those that say
 * {@code bpAuthnContext: eidas} (see {@link EidasLevel}). Leaves all others alone.
 */
public final class AkdbRequestPreprocessor implements SamlAuthenticationPreprocessor {

    private static final Logger LOGGER = Logger.getLogger(AkdbRequestPreprocessor.class);

    @Override
    public AuthnRequestType beforeSendingLoginRequest(AuthnRequestType request, AuthenticationSessionModel session) {
        IdentityProviderModel provider = provider(request, session);
        if (provider != null && AkdbRequest.isWanted(provider.getConfig())) {
            extend(request, akdbRequest(provider, session));
        } else if (provider != null && EidasLevel.isWanted(provider.getConfig())) {
            askFor(request, EidasLevel.atLeast(LoginParameters.of(session)));
        }
        return request;
    }

    static void extend(AuthnRequestType request, AkdbRequest akdbRequest) {
        ExtensionsType extensions = request.getExtensions() == null ? new ExtensionsType() : request.getExtensions();
        extensions.addExtension(new AkdbExtension(akdbRequest));
        request.setExtensions(extensions);
        askFor(request, akdbRequest.authnContextClass());
    }

    static void askFor(AuthnRequestType request, String authnContextClass) {
        RequestedAuthnContextType level = new RequestedAuthnContextType();
        level.setComparison(AuthnContextComparisonType.MINIMUM);
        level.addAuthnContextClassRef(authnContextClass);
        request.setRequestedAuthnContext(level);
    }

    /** The alias in an address such as {@code https://kc.example/realms/citizens/broker/bundid/endpoint}, or null. */
    static String aliasIn(String assertionConsumerService) {
        String[] parts = assertionConsumerService.split("/");
        int last = parts.length - 1;
        return last >= 2 && parts[last].equals("endpoint") && parts[last - 2].equals("broker") ? parts[last - 1] : null;
    }

    @SuppressWarnings("deprecation") // its successor needs a KeycloakSession, which this SPI does not hand over
    private static IdentityProviderModel provider(AuthnRequestType request, AuthenticationSessionModel session) {
        if (request.getAssertionConsumerServiceURL() == null) {
            return null;
        }
        String alias = aliasIn(request.getAssertionConsumerServiceURL().getPath());
        return alias == null ? null : session.getRealm().getIdentityProviderByAlias(alias);
    }

    private static AkdbRequest akdbRequest(IdentityProviderModel provider, AuthenticationSessionModel session) {
        try {
            return AkdbRequest.of(provider.getConfig(), LoginParameters.of(session));
        } catch (IllegalArgumentException unusable) {
            LOGGER.errorf("Identity provider '%s' cannot be used: %s.", provider.getAlias(), unusable.getMessage());
            throw unusable;
        }
    }

    /** Never called by Keycloak 26: the factory itself is used. */
    @Override
    public SamlAuthenticationPreprocessor create(KeycloakSession session) {
        return this;
    }

    @Override
    public String getId() {
        return "bp-akdb-request";
    }

    @Override
    public void init(Config.Scope config) {
        // configured per identity provider
    }

    @Override
    public void postInit(KeycloakSessionFactory factory) {
        // nothing to prepare
    }

    @Override
    public void close() {
        // holds nothing
    }
}

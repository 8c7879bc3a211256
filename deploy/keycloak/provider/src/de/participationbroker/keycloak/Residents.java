package de.participationbroker.keycloak;

import java.util.List;
import org.keycloak.credential.CredentialModel;
import org.keycloak.models.KeycloakSession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserManager;
import org.keycloak.models.UserModel;
import org.keycloak.models.credential.WebAuthnCredentialModel;

/** The accounts of residents: an address, passkeys, nothing else. Only whoever proved an address ever gets here with it. */
record Residents(KeycloakSession session, RealmModel realm) {

    /** The account of this address, or {@code null}. */
    UserModel find(EmailAddress address) {
        return session.users().getUserByEmail(realm, address.text());
    }

    /** The account of this address, made now if there is none. */
    UserModel findOrCreate(EmailAddress address) {
        UserModel found = find(address);
        if (found != null) {
            return found;
        }
        UserModel made = session.users().addUser(realm, address.text());
        made.setEnabled(true);
        made.setEmail(address.text());
        made.setEmailVerified(true);
        return made;
    }

    /** Ends the account with its sessions and passkeys. */
    void delete(EmailAddress address) {
        UserModel found = find(address);
        if (found != null) {
            new UserManager(session).removeUser(realm, found);
        }
    }

    /** Takes every passkey off the account, for whoever lost a device. */
    void forgetPasskeys(UserModel resident) {
        List<String> passkeys = resident.credentialManager()
                .getStoredCredentialsByTypeStream(WebAuthnCredentialModel.TYPE_PASSWORDLESS)
                .map(CredentialModel::getId)
                .toList();
        passkeys.forEach(resident.credentialManager()::removeStoredCredentialById);
    }
}

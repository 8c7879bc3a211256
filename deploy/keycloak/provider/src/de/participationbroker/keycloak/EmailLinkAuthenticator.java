package de.participationbroker.keycloak;

import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.UriBuilder;
import java.util.HashMap;
import java.util.Map;
import org.jboss.logging.Logger;
import org.keycloak.authentication.AuthenticationFlowContext;
import org.keycloak.common.util.Time;
import org.keycloak.email.EmailException;
import org.keycloak.email.EmailTemplateProvider;
import org.keycloak.forms.login.LoginFormsProvider;
import org.keycloak.models.Constants;
import org.keycloak.models.UserModel;
import org.keycloak.models.utils.FormMessage;
import org.keycloak.services.managers.AuthenticationManager;
import org.keycloak.services.managers.AuthenticationManager.AuthResult;
import org.keycloak.sessions.AuthenticationSessionModel;
import org.keycloak.storage.adapter.InMemoryUserAdapter;

/**
 * Signs in by a link (or a code) sent to an e-mail address, and makes the account of an address that has none.
 *
 * <ul>
 *   <li>Nobody learns whether an address has an account: until it is proven, nothing is looked up.
 *   <li>Nothing is stored before an address is proven, so nobody can prepare an account for somebody else.
 *   <li>The link works only in the browser that asked for it: its key is compared with a note of that browser's sign-in.
 *   <li>Every sign-in proves anew: whoever was signed in here in this browser is signed out first. The broker owns single sign-on.
 * </ul>
 */
public final class EmailLinkAuthenticator extends OwnAuthenticator {

    private static final Logger LOGGER = Logger.getLogger(EmailLinkAuthenticator.class);
    private static final String KEY = "key";
    private static final String WISH = "bp_wish";
    private static final String PROVEN = "bp_proven";
    private static final String REGISTER_PASSKEY = "webauthn-register-passwordless";

    @Override
    public void authenticate(AuthenticationFlowContext context) {
        signOutHere(context);
        String key = context.getUriInfo().getQueryParameters().getFirst(KEY);
        SentLink sent = SentLink.in(context.getAuthenticationSession());
        FormMessage forwarded = context.getForwardedErrorMessage();
        if (key != null && sent != null) {
            goOn(context, sent, sent.answerToKey(key, Time.currentTimeMillis()));
        } else {
            show(context, forwarded == null ? null : forwarded.getMessage());
        }
    }

    @Override
    public void action(AuthenticationFlowContext context) {
        MultivaluedMap<String, String> form = context.getHttpRequest().getDecodedFormParameters();
        String way = form.getFirst("way");
        AuthenticationSessionModel signIn = context.getAuthenticationSession();
        if ("cancel".equals(way)) {
            context.cancelLogin();
        } else if ("again".equals(way)) {
            startAnew(signIn);
            show(context, null);
        } else if (signIn.getAuthNote(PROVEN) != null) {
            agreed(context, way);
        } else if (SentLink.in(signIn) != null) {
            answered(context, way, form.getFirst("code"));
        } else if ("use-passkey".equals(way)) {
            context.attempted(); // the next alternative of the flow asks for it
        } else {
            asked(context, way, EmailAddress.in(form.get("email")));
        }
    }

    private static void signOutHere(AuthenticationFlowContext context) {
        AuthResult present = AuthenticationManager.authenticateIdentityCookie(context.getSession(), context.getRealm(), true);
        if (present != null) {
            context.getSession().sessions().removeUserSession(context.getRealm(), present.session());
        }
    }

    private static void startAnew(AuthenticationSessionModel signIn) {
        SentLink.forget(signIn);
        signIn.removeAuthNote(PROVEN);
        signIn.removeAuthNote(WISH);
    }

    /** An address was typed: whatever it is, the answer is the same. */
    private void asked(AuthenticationFlowContext context, String way, EmailAddress address) {
        if (address == null) {
            show(context, "residentsAddressWrong");
            return;
        }
        context.getAuthenticationSession().setAuthNote(WISH, way == null ? "" : way);
        send(context, address);
    }

    private void send(AuthenticationFlowContext context, EmailAddress address) {
        if (!new MailQuota(context.getSession()).take(address, context.getConnection().getRemoteHost())) {
            show(context, "residentsTooManyMails");
            return;
        }
        SentLink link = SentLink.to(address, Time.currentTimeMillis());
        try {
            mail(context, link);
        } catch (EmailException failure) {
            LOGGER.errorf("A sign-in mail could not be sent: %s", failure.getClass().getSimpleName()); // its text may name the address
            show(context, "residentsMailFailed");
            return;
        }
        link.keep(context.getAuthenticationSession());
        show(context, null);
    }

    private static void mail(AuthenticationFlowContext context, SentLink link) throws EmailException {
        // Without the reference to the page before, which is as long as it is useless elsewhere.
        String address = UriBuilder.fromUri(context.getRefreshExecutionUrl())
                .replaceQueryParam(Constants.CLIENT_DATA)
                .queryParam(KEY, link.key())
                .build()
                .toString();
        Map<String, Object> content = new HashMap<>();
        content.put("link", address);
        content.put("code", link.readableCode());
        content.put("minutes", SentLink.MINUTES);
        context.getSession().getProvider(EmailTemplateProvider.class)
                .setRealm(context.getRealm())
                .setUser(new InMemoryUserAdapter(context.getSession(), context.getRealm(), "nobody")) // the template wants one
                .setAuthenticationSession(context.getAuthenticationSession())
                .send("residentsMailSubject", "sign-in.ftl", content, link.address().text());
    }

    /** A mail is on its way: a code was typed, or another mail is wanted. */
    private void answered(AuthenticationFlowContext context, String way, String code) {
        SentLink sent = SentLink.in(context.getAuthenticationSession());
        if ("resend".equals(way)) {
            send(context, sent.address());
            return;
        }
        goOn(context, sent, sent.answerToCode(code, Time.currentTimeMillis()));
    }

    private void goOn(AuthenticationFlowContext context, SentLink sent, SentLink.Answer answer) {
        AuthenticationSessionModel signIn = context.getAuthenticationSession();
        switch (answer) {
            case RIGHT -> {
                SentLink.forget(signIn); // one use
                signIn.setAuthNote(PROVEN, sent.address().text());
                proven(context, sent.address());
            }
            case WRONG -> {
                sent.afterATry().keep(signIn);
                show(context, "residentsCodeWrong");
            }
            case EXPIRED, USED_UP -> {
                SentLink.forget(signIn);
                show(context, answer == SentLink.Answer.EXPIRED ? "residentsLinkExpired" : "residentsTooManyTries");
            }
        }
    }

    private void proven(AuthenticationFlowContext context, EmailAddress address) {
        Residents residents = residents(context);
        UserModel resident = residents.find(address);
        String wish = context.getAuthenticationSession().getAuthNote(WISH);
        if (resident == null || "delete".equals(wish)) {
            show(context, null);
            return;
        }
        if ("forget-passkeys".equals(wish)) {
            residents.forgetPasskeys(resident);
        }
        signIn(context, resident);
    }

    /** An address is proven, and there is something to agree to: a new account, or the end of one. */
    private void agreed(AuthenticationFlowContext context, String way) {
        EmailAddress address = new EmailAddress(context.getAuthenticationSession().getAuthNote(PROVEN));
        boolean leaving = "delete".equals(context.getAuthenticationSession().getAuthNote(WISH));
        if (leaving && "delete-account".equals(way)) {
            residents(context).delete(address);
            startAnew(context.getAuthenticationSession());
            context.forceChallenge(context.form().createForm("residents-deleted.ftl"));
        } else if (!leaving && "create-account".equals(way)) {
            signIn(context, residents(context).findOrCreate(address));
        } else {
            show(context, null);
        }
    }

    private static void signIn(AuthenticationFlowContext context, UserModel resident) {
        AuthenticationSessionModel signIn = context.getAuthenticationSession();
        if ("passkey".equals(signIn.getAuthNote(WISH))) {
            signIn.setClientNote(Constants.KC_ACTION, REGISTER_PASSKEY); // as if the client had asked for it: it can be cancelled
        }
        startAnew(signIn);
        context.setUser(resident);
        context.success();
    }

    private static Residents residents(AuthenticationFlowContext context) {
        return new Residents(context.getSession(), context.getRealm());
    }

    /** The page for where this sign-in stands, with what went wrong last, if anything did. */
    private static void show(AuthenticationFlowContext context, String error) {
        AuthenticationSessionModel signIn = context.getAuthenticationSession();
        String proven = signIn.getAuthNote(PROVEN);
        SentLink sent = SentLink.in(signIn);
        LoginFormsProvider form = context.form().setAttribute("minutes", SentLink.MINUTES);
        if (error != null) {
            form.setError(error);
        }
        if (proven != null) {
            boolean leaving = "delete".equals(signIn.getAuthNote(WISH));
            form.setAttribute("address", proven);
            context.forceChallenge(form.createForm(leaving ? "residents-delete.ftl" : "residents-new.ftl"));
        } else if (sent != null) {
            form.setAttribute("address", sent.address().text());
            context.forceChallenge(form.createForm("residents-sent.ftl"));
        } else {
            context.forceChallenge(form.createForm("residents-start.ftl"));
        }
    }

    @Override
    public String getId() {
        return "bp-email-link";
    }

    @Override
    public String getDisplayType() {
        return "Participation broker: link by e-mail";
    }

    @Override
    public String getHelpText() {
        return "Signs in by a link or code sent by e-mail, makes the account of a new address, or deletes it. Needs theme 'residents'.";
    }
}

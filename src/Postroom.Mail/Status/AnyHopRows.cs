namespace Postroom.Mail.Status;

/// <summary>What anybody may say, and what we say ourselves when a login or TLS does not come about.</summary>
internal static class AnyHopRows
{
    public static IReadOnlyList<ExplanationRow> Tokens { get; } =
    [
        new("oauth-token-refused",
            "The next hop refuses the access token: it has ended, is for another mailbox, or lacks the scope for SMTP.",
            "Connect the account again with `postroom oauth connect NAME`, then `postroom route test NAME`.",
            new Sign(null, "\"status\"", "invalid_token"), new Sign(null, "\"status\"", "insufficient_scope"),
            new Sign(null, "\"schemes\"")),
        new("oauth-invalid-grant",
            "The consent has ended, was revoked, or was given to another client.",
            "Connect the account again with `postroom oauth connect NAME`.",
            new Sign(null, "invalid_grant")),
        new("oauth-invalid-client",
            "The authorization server does not accept the client: its id or its secret is wrong.",
            "Compare `client_id` in `[[oauth]]` with the provider's page, and keep the secret anew with "
                + "`postroom secret set NAME`.",
            new Sign(null, "invalid_client")),
        new("oauth-unauthorized-client",
            "The client may not get tokens in this way.",
            "Allow the grant for the client at the provider: device code or authorization code for "
                + "`postroom oauth connect NAME`, client credentials for an app.",
            new Sign(null, "unauthorized_client")),
        new("oauth-invalid-scope",
            "The scope that is asked for is unknown, or not allowed for the client.",
            "Correct `scopes` in `[[oauth]]`, or take them out where the provider is google or microsoft; then "
                + "`postroom reload` and `postroom oauth connect NAME`.",
            new Sign(null, "invalid_scope")),
        new("oauth-declined",
            "The consent was declined, or the user may not consent: with Google an External consent screen in Testing "
                + "lets in its test users only.",
            "Run `postroom oauth connect NAME` again and accept; add the user at "
                + "https://console.cloud.google.com/auth/audience, Test users, if that is the reason.",
            new Sign(null, "access_denied"), new Sign(null, "authorization_declined")),
        new("oauth-interaction-required",
            "The provider wants to see the user again.",
            "Connect the account again with `postroom oauth connect NAME`.",
            new Sign(null, "interaction_required"), new Sign(null, "consent_required")),
        new("oauth-code-expired",
            "The code was not entered in time.",
            "Run `postroom oauth connect NAME` again, and enter the new code at once.",
            new Sign(null, "expired_token"), new Sign(null, "authorization_pending"), new Sign(null, "slow_down")),
    ];

    public static IReadOnlyList<ExplanationRow> Smtp { get; } =
    [
        new("starttls-not-offered",
            "The route wants TLS, and the next hop does not offer it on this port, or something in between hides it.",
            "Use the next hop's port with TLS: 587 with `tls = \"required\"`, 465 with `tls = \"implicit\"`; look for "
                + "a firewall that inspects SMTP. Then `postroom route test NAME`.",
            new Sign(null, "does not offer STARTTLS")),
        new("starttls-required",
            "The next hop takes no mail and no login without TLS.",
            "Set `tls = \"required\"` in the route (port 587) or `tls = \"implicit\"` (port 465), then `postroom "
                + "reload`.",
            new Sign("530", "STARTTLS"), new Sign("451", "STARTTLS is required"), new Sign("538")),
        new("certificate-wrong-name",
            "The next hop shows a certificate for another name than the route's host.",
            "Set `host` in the route to a name that stands in the certificate, then `postroom reload`.",
            new Sign(null, "certificate", "is not accepted: it is for")),
        new("certificate-expired",
            "The certificate of the next hop has expired, or the clock of this machine is wrong.",
            "Let the next hop's administrator renew it; look at the clock with `timedatectl`.",
            new Sign(null, "certificate", "is not accepted", "has expired")),
        new("certificate-untrusted",
            "Nobody whom this machine trusts has signed the certificate of the next hop.",
            "If it is your own, give the route the certificate of its authority: `trust = \"/etc/postroom/ca.pem\"`, "
                + "then `postroom reload`. If not, update the system's certificates (ca-certificates).",
            new Sign(null, "certificate", "is not accepted")),
        new("tls-failed",
            "No TLS came about: the port may want it from the first byte or only after STARTTLS, or both sides have no "
                + "version in common.",
            "Set `tls = \"required\"` for port 587 and 25, `tls = \"implicit\"` for port 465. Then "
                + "`postroom route test NAME`.",
            new Sign("TLS failed")),
        new("login-not-offered",
            "The route logs in, but the next hop offers no login on this connection: most take one only with TLS, or "
                + "on another port.",
            "Use port 587 with `tls = \"required\"` or 465 with `tls = \"implicit\"`; or take `user` out of the route.",
            new Sign(null, "does not offer AUTH")),
        new("login-no-token-way",
            "The route logs in with an access token, and the next hop takes none: it offers neither XOAUTH2 nor "
                + "OAUTHBEARER.",
            "Look whether `host` and `port` of the route are the provider's for sending (smtp.gmail.com or "
                + "smtp.office365.com, 587); or log in with a password: `postroom secret set NAME`.",
            new Sign("no way to log in", "a token needs")),
        new("login-no-common-way",
            "The next hop offers only ways to log in that the route cannot go.",
            "Give the route TLS (`tls = \"required\"`), so that a plain password may be used; where only XOAUTH2 or "
                + "OAUTHBEARER are offered, use OAuth: `postroom oauth connect NAME`.",
            new Sign("no way to log in")),
        new("sender-mailbox-full",
            "The mailbox that sends is full. Microsoft 365 keeps a copy of each mail in its Sent Items.",
            "Empty Sent Items and Deleted Items of the mailbox, or let old mail be deleted by a retention policy.",
            new Sign("554 5.2.2") { Fault = Fault.Account }, new Sign("552 5.2.2") { Fault = Fault.Account }),
        new("login-required",
            "The next hop wants a login before it takes mail, and this route did not log in.",
            "Give the route a `user` and a `password`, kept with `postroom secret set NAME`; or use OAuth: "
                + "`postroom oauth connect NAME`.",
            new Sign("530"), new Sign("550 5.7.57")),
        new("login-refused",
            "The next hop does not accept user and password or token.",
            "Keep the right password with `postroom secret set NAME`, or connect the account again with "
                + "`postroom oauth connect NAME`. Then `postroom route test NAME`.",
            new Sign("535")),
    ];
}

namespace Postroom.Mail.Status;

/// <summary>What Gmail and Google Workspace say. Most of it stands on support.google.com/a/answer/3726730.</summary>
internal static class GoogleRows
{
    private const string Reconnect = "Connect the account again with `postroom oauth connect NAME`.";

    public static IReadOnlyList<ExplanationRow> Smtp { get; } =
    [
        // The 334 before the 535 of an OAuth login: {"schemes":"Bearer","scope":"https://mail.google.com/"}.
        new("gmail-token-refused",
            "Google refuses the access token: it has ended or was revoked, it is for another mailbox than the route's "
                + "user, or for another scope than https://mail.google.com/ (gmail.send is not enough for SMTP).",
            "Connect the account again with `postroom oauth connect NAME`, as the route's user. With a service "
                + "account, allow its client id that scope at admin.google.com: Security, Access and data control, API "
                + "controls, Manage domain-wide delegation.",
            new Sign("535", "https://mail.google.com/")),
        new("gmail-app-password",
            "Google wants an app password: with 2-step verification the account's own password does not log in "
                + "programs.",
            "Make one at https://myaccount.google.com/apppasswords and keep it with `postroom secret set NAME`; or use "
                + "OAuth: `postroom oauth connect NAME`.",
            new Sign("534", "Application-specific password")),
        new("gmail-web-login",
            "Google has stopped this login because it looks unusual: the password or the place is new to it, or the "
                + "password is no app password.",
            "Log in to the account with a browser once and confirm that it was you; then keep an app password with "
                + "`postroom secret set NAME`, or use OAuth: `postroom oauth connect NAME`.",
            new Sign("534", "web browser")),
        new("gmail-bad-credentials",
            "Google does not accept the user and the password or token. The account's own password does not log in "
                + "programs; an app password ends when the account's password is changed.",
            "Keep a new app password with `postroom secret set NAME`; with OAuth connect the account again: "
                + "`postroom oauth connect NAME`. Then `postroom route test NAME`.",
            new Sign("535", "Username and Password not accepted")),
        new("gmail-too-many-logins",
            "Google counts too many logins of this account, and lets it wait.",
            "Wait: the route tries by itself, seldom. Lower `connections` of the route, and look whether other "
                + "programs use the same account.",
            new Sign(null, "Too many login attempts")),
        new("gmail-login-unavailable",
            "Google cannot check logins at the moment.",
            "Nothing to do: the route tries again by itself. If it lasts, look at "
                + "https://www.google.com/appsstatus/dashboard/.",
            new Sign("454 4.7.0", "Cannot authenticate")),
        new("gmail-relay-daily-limit",
            "The day's limit of the Workspace SMTP relay is used up, of this user or of the whole organisation.",
            "Wait: it frees over 24 hours, the mail is kept and goes by itself. If it comes again, send part of it by "
                + "another route.",
            new Sign(null, "Daily SMTP relay limit exceeded")),
        new("gmail-daily-limit",
            "The account has sent as much as Google lets it in 24 hours: 500 recipients with Gmail, 2,000 mails with "
                + "Workspace.",
            "Wait: it frees within 24 hours, the mail is kept and goes by itself. If it comes again, use the Workspace "
                + "relay (smtp-relay.gmail.com) or another route.",
            new Sign("550 5.4.5", "Daily")),
        new("gmail-relay-peak-limit",
            "The organisation sends faster than the Workspace SMTP relay allows.",
            "Wait: the route tries again after some minutes. If it comes again, lower `connections` of the route.",
            new Sign(null, "Peak SMTP relay limit exceeded")),
        new("gmail-relay-denied",
            "The Workspace SMTP relay does not know this machine: its public address is not registered, or the "
                + "sender's domain is not the organisation's.",
            "Add the address at admin.google.com: Apps, Google Workspace, Gmail, Routing, SMTP relay service; or let "
                + "the route log in.",
            new Sign(null, "Invalid credentials for relay"), new Sign("550 5.7.0", "Mail relay denied")),
    ];

    public static IReadOnlyList<ExplanationRow> Tokens { get; } =
    [
        new("google-service-account-key",
            "Google does not accept what the service account has signed: its key was deleted, or belongs to another "
                + "service account.",
            "Make a new key (JSON) at https://console.cloud.google.com/iam-admin/serviceaccounts and keep it with "
                + "`postroom secret set NAME --file FILE`.",
            new Sign(null, "invalid_grant", "Invalid JWT Signature"),
            new Sign(null, "invalid_grant", "account not found")),
        new("google-service-account-user",
            "There is no mailbox of that name in the organisation for which the service account could ask.",
            "Correct `user` in `[[oauth]]`: it has to be a user of the Workspace, with its primary address.",
            new Sign(null, "invalid_grant", "Invalid email or User ID"),
            new Sign(null, "invalid_grant", "Not a valid email")),
        new("google-clock",
            "The clock of this machine is wrong: Google takes what it has signed for too old or not yet valid.",
            "Set the clock and let it be kept: `timedatectl set-ntp true`.",
            new Sign(null, "invalid_grant", "reasonable timeframe")),
        new("google-consent-lost",
            "The consent is gone. Google does not say why: the user's password was changed; the consent screen is "
                + "External and in Testing, where it ends after 7 days; it was not used for 6 months; it was revoked, "
                + "by the user or an administrator; or it was given more than 100 times, which ends the oldest.",
            Reconnect + " Before that set the publishing status to In production, or the user type to Internal: "
                + "https://console.cloud.google.com/auth/audience. A service account has no consent to lose.",
            new Sign(null, "invalid_grant", "expired or revoked"),
            new Sign(null, "invalid_grant") { From = Provider.Google }),
        new("google-delegation",
            "The service account may not act for mailboxes of this organisation: its client id is not authorised for "
                + "the scope https://mail.google.com/.",
            "Add its numeric client id with that scope at admin.google.com: Security, Access and data control, API "
                + "controls, Manage domain-wide delegation. It may take up to 24 hours.",
            new Sign(null, "unauthorized_client", "unauthorized to retrieve access tokens"),
            new Sign(null, "unauthorized_client") { From = Provider.Google }),
        new("google-client-not-found",
            "Google does not know the client id: it is mistyped, or its project is another one.",
            "Copy the client id anew from https://console.cloud.google.com/auth/clients into `client_id` in "
                + "`[[oauth]]`.",
            new Sign(null, "invalid_client", "OAuth client was not found")),
        new("google-client-deleted",
            "The OAuth client was deleted at Google.",
            "Restore it within 30 days, or make another, at https://console.cloud.google.com/auth/clients; put its id "
                + "into `client_id` in `[[oauth]]`, keep its secret with `postroom secret set NAME`, and run "
                + "`postroom oauth connect NAME`.",
            new Sign(null, "deleted_client")),
        new("google-client-disabled",
            "The OAuth client is disabled at Google.",
            "Enable it at https://console.cloud.google.com/auth/clients, or use another one.",
            new Sign(null, "disabled_client")),
        new("google-org-internal",
            "The consent screen is Internal: only users of the organisation to which its project belongs may consent.",
            "Connect a user of that organisation with `postroom oauth connect NAME`, or set the user type to External: "
                + "https://console.cloud.google.com/auth/audience.",
            new Sign(null, "org_internal")),
        new("google-admin-policy",
            "An administrator of the Workspace does not let this application ask for mail.",
            "Let an administrator trust its client id at admin.google.com: Security, Access and data control, API "
                + "controls, Manage app access.",
            new Sign(null, "admin_policy_enforced")),
    ];
}

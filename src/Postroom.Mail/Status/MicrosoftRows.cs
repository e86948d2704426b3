namespace Postroom.Mail.Status;

/// <summary>What Exchange Online says to who logs in and hands mail over (smtp.office365.com).</summary>
internal static class MicrosoftRows
{
    public static IReadOnlyList<ExplanationRow> Login { get; } =
    [
        // Behind 5.7.139 there are several gates. It may stand in the middle, behind a 530 5.7.57.
        new("m365-security-defaults",
            "Security defaults are on in this tenant: they block SMTP with a password whatever the mailbox allows.",
            "Use OAuth: `postroom oauth connect NAME`. Or turn them off at entra.microsoft.com: Overview, Properties, "
                + "Manage security defaults, and protect the tenant by Conditional Access instead.",
            new Sign(null, "5.7.139", "security defaults")),
        new("m365-tenant-smtp-auth-disabled",
            "SMTP AUTH is off for the whole tenant, and for OAuth too.",
            "Turn it on for this mailbox alone: `Set-CASMailbox -Identity user@example.com "
                + "-SmtpClientAuthenticationDisabled $false`. Or for all: `Set-TransportConfig "
                + "-SmtpClientAuthenticationDisabled $false`. It takes up to an hour.",
            new Sign(null, "SmtpClientAuthentication is disabled for the Tenant")),
        new("m365-mailbox-smtp-auth-disabled",
            "SMTP AUTH is off for this mailbox, and for OAuth too.",
            "Turn it on: `Set-CASMailbox -Identity user@example.com -SmtpClientAuthenticationDisabled $false`; or at "
                + "admin.microsoft.com: Users, Active users, the user, Mail, Manage email apps, Authenticated SMTP.",
            new Sign(null, "SmtpClientAuthentication is disabled for the Mailbox")),
        new("m365-basic-auth-disabled",
            "The tenant takes no passwords over SMTP: an authentication policy blocks them, or Microsoft has turned "
                + "them off.",
            "Use OAuth: `postroom oauth connect NAME`. Or allow passwords for this user: `Set-AuthenticationPolicy "
                + "-Identity NAME -AllowBasicAuthSmtp`.",
            new Sign(null, "5.7.139", "basic authentication is disabled")),
        new("m365-conditional-access",
            "A Conditional Access policy blocks this login: it may ask for a second factor, a known place or a managed "
                + "device, and SMTP with a password has none.",
            "Find the policy at entra.microsoft.com: Monitoring & health, Sign-in logs; leave this user out of it, or "
                + "use OAuth: `postroom oauth connect NAME`.",
            new Sign(null, "5.7.139", "did not meet the criteria")),
        new("m365-wrong-password",
            "The user or the password is wrong. An app password ends when the user's password is changed.",
            "Log in with them at https://outlook.office.com to see whether they are right, then keep the password with "
                + "`postroom secret set NAME`.",
            new Sign(null, "5.7.139", "credentials were incorrect")),
        new("m365-login-blocked",
            "A rule of the tenant blocks this login; the words behind 5.7.139 say which.",
            "Find the login at entra.microsoft.com: Monitoring & health, Sign-in logs. Then `postroom route test "
                + "NAME`.",
            new Sign(null, "5.7.139")),
        new("m365-login-refused",
            "Exchange Online refuses user and password or token. With OAuth it does not say why: the token is for "
                + "another scope or another mailbox; of an app, its service principal is not known to Exchange, was "
                + "made with the wrong object id, or was not given the mailbox.",
            "With a password: `postroom secret set NAME`. With a user's consent: `postroom oauth connect NAME`. With "
                + "an app: `New-ServicePrincipal -AppId CLIENT-ID -ObjectId OBJECT-ID` with the object id of the "
                + "*Enterprise application* (not of the App registration), then `Add-MailboxPermission -Identity "
                + "user@example.com -User OBJECT-ID -AccessRights FullAccess`.",
            new Sign("535 5.7.3") { From = Provider.Microsoft }),
        new("m365-basic-auth-ended",
            "Microsoft 365 takes no passwords over SMTP any more.",
            "Use OAuth: `postroom oauth connect NAME`.",
            new Sign(null, "5.7.30", "Basic authentication")), // of Gmail 5.7.30 is about DKIM
        new("m365-not-logged-in",
            "Exchange Online wants a login before it takes mail, and this route did not log in.",
            "Give the route a `user` and a `password`, or OAuth, on smtp.office365.com, port 587. Then "
                + "`postroom route test NAME`.",
            new Sign(null, "5.7.57") { From = Provider.Microsoft }),
        new("m365-mailbox-logon",
            "The login was good, but Exchange Online cannot open the mailbox: it was not given to the app, or Exchange "
                + "is in trouble.",
            "With an app: `Add-MailboxPermission -Identity user@example.com -User OBJECT-ID -AccessRights FullAccess`, "
                + "with the object id of the *Enterprise application*. Else wait: the route tries again by itself.",
            new Sign("430 4.2.0", "STOREDRV")),
        new("m365-send-as-denied",
            "The account may not send in the name of this sender.",
            "Allow it: `Add-RecipientPermission -Identity sender@example.com -Trustee user@example.com -AccessRights "
                + "SendAs`; or let the application send as the route's user.",
            new Sign("550 5.7.60"), new Sign(null, "SendAsDeniedException")),
    ];

    public static IReadOnlyList<ExplanationRow> Limits { get; } =
    [
        new("m365-too-many-connections",
            "Exchange Online takes mail of one mailbox over three connections at once, and there were more.",
            "Set `connections = 2` in the route, and look whether other programs use the same mailbox.",
            new Sign(null, "Concurrent connections limit"), new Sign(null, "sender thread limit exceeded")),
        new("m365-daily-limit",
            "The mailbox has written to as many recipients as Exchange Online lets it in 24 hours: 10,000.",
            "Wait: it frees over 24 hours, the mail is kept and goes by itself. If it comes again, send part of it by "
                + "another route.",
            new Sign(null, "SubmissionQuotaExceededException"), new Sign(null, "exceeded its 24-hour sending limit")),
        new("m365-account-limit",
            "Outlook.com takes no more mail from this account for now: it is new, not confirmed, or looks like one "
                + "that sends spam.",
            "Log in at https://outlook.live.com, confirm the account, and wait a day.",
            new Sign(null, "OutboundSpamException", "RefuseQuota")),
        new("m365-throttled-mailbox-full",
            "Exchange Online has stopped this mailbox for a time, because it sent on and on although it was full.",
            "Empty Sent Items and Deleted Items of the mailbox, or let old mail be deleted by a retention policy.",
            new Sign("550 5.2.251")),
        new("m365-throttled-send-as",
            "Exchange Online has stopped this mailbox for a time, because it sent on and on as senders that it may not "
                + "send as.",
            "Allow the sender: `Add-RecipientPermission -Identity sender@example.com -Trustee user@example.com "
                + "-AccessRights SendAs`; or let the applications send as the route's user.",
            new Sign("550 5.2.252")),
        new("m365-throttled-licence",
            "Exchange Online has stopped this mailbox for a time, because it sent on and on without a valid licence.",
            "Give the user a licence at admin.microsoft.com: Users, Active users, the user, Licenses and apps.",
            new Sign("550 5.2.253")),
        new("m365-throttled-too-many-recipients",
            "Exchange Online has stopped this mailbox for a time, because too many of its mails had too many "
                + "recipients.",
            "Let the application write to fewer recipients at once, or raise the mailbox's limit: `Set-Mailbox "
                + "-Identity user@example.com -RecipientLimits 1000`.",
            new Sign("550 5.2.254")),
        new("m365-throttled-bad-recipients",
            "Exchange Online has stopped this mailbox for a time, because too many of its mails were for recipients "
                + "that do not exist.",
            "Find them with `postroom search state:failed` and take them out of the application.",
            new Sign("550 5.2.255")),
        new("m365-external-limit",
            "The tenant has written to as many recipients outside of it as Microsoft lets it in 24 hours.",
            "Wait: it frees over 24 hours, the mail is kept and goes by itself. See how much is used at "
                + "admin.exchange.microsoft.com: Reports, Mail flow, Tenant outbound external recipients.",
            new Sign(null, "5.7.233")),
        new("m365-trial-external-limit",
            "The tenant is a trial, and has written to as many recipients outside of it as those may in 24 hours.",
            "Buy a licence, or wait: it frees over 24 hours, the mail is kept and goes by itself.",
            new Sign(null, "5.7.232")),
        new("m365-account-blocked",
            "Microsoft has blocked this sender because its mail looked like spam. Somebody may know its password.",
            "Change the user's password, then unblock it at security.microsoft.com: Email & collaboration, Review, "
                + "Restricted entities.",
            new Sign(null, "bad outbound sender")),
        new("m365-tenant-blocked",
            "Microsoft has blocked the whole tenant because its mail looked like spam, or its subscription had ended.",
            "Find who sends at security.microsoft.com: Email & collaboration, Review, Restricted entities; then ask "
                + "Microsoft's support to lift the block.",
            new Sign(null, "5.7.705")),
        new("m365-ip-blocked",
            "Microsoft does not take mail from the address it comes from. New and trial tenants are treated like this.",
            "Ask Microsoft's support to let the tenant send; if the address is your own, take it off the list at "
                + "https://sender.office.com.",
            new Sign(null, "5.7.708")),
    ];
}

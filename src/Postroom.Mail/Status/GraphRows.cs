namespace Postroom.Mail.Status;

/// <summary>What graph.microsoft.com says to sendMail.</summary>
internal static class GraphRows
{
    public static IReadOnlyList<ExplanationRow> All { get; } =
    [
        new("graph-token-refused",
            "Microsoft Graph refuses the access token: it has ended, or is for another service than Graph.",
            "Take `scopes` out of `[[oauth]]`, so that the right one is asked for; then `postroom route test "
                + "NAME`; with a user's consent `postroom oauth connect NAME`.",
            new Sign(null, "InvalidAuthenticationToken")),
        new("graph-send-as-denied",
            "The app or user may not send in the name of this sender.",
            "Let the application send as the mailbox of the route, or allow the sender: `Add-RecipientPermission "
                + "-Identity sender@example.com -Trustee user@example.com -AccessRights SendAs`.",
            new Sign(null, "ErrorSendAsDenied")),
        new("graph-access-denied",
            "The app may not send from this mailbox: it lacks the application permission Mail.Send or an "
                + "administrator's consent, or an access policy leaves the mailbox out.",
            "At entra.microsoft.com: App registrations, the app, API permissions: Microsoft Graph, Application "
                + "permissions, Mail.Send; then Grant admin consent. Try the policy with `Test-ApplicationAccessPolicy "
                + "-Identity user@example.com -AppId CLIENT-ID`. A change takes up to 2 hours.",
            new Sign(null, "ErrorAccessDenied"), new Sign(null, "Authorization_RequestDenied")),
        new("graph-unknown-mailbox",
            "The tenant has no such mailbox: the user is mistyped, or has no licence for Exchange Online.",
            "Correct `user` in `[[oauth]]`, or give it a licence at admin.microsoft.com: Users, Active users, "
                + "the user, Licenses and apps.",
            new Sign(null, "ErrorInvalidUser"), new Sign(null, "ErrorNonExistentMailbox"),
            new Sign(null, "MailboxNotEnabledForRESTAPI"), new Sign(null, "MailboxNotSupportedForRESTAPI")),
        new("graph-mailbox-disabled",
            "The mailbox that sends is disabled.",
            "Enable the user at admin.microsoft.com: Users, Active users, the user, Unblock sign-in; or let `user` in "
                + "`[[oauth]]` be another.",
            new Sign(null, "ErrorAccountDisabled")),
        new("graph-sending-limit",
            "The mailbox has sent as much as Exchange Online lets it for now: 10,000 recipients in 24 hours.",
            "Wait: it frees over 24 hours, the mail is kept and goes by itself. If it comes again, send part of it by "
                + "another route.",
            new Sign(null, "ErrorSubmissionQuotaExceeded"), new Sign(null, "ErrorExceededMessageLimit"),
            new Sign(null, "ErrorExceededHourlyMessageLimit")),
        new("graph-mailbox-full",
            "The mailbox that sends is full.",
            "Empty Sent Items and Deleted Items of the mailbox, or let old mail be deleted by a retention policy. The "
                + "mail is kept and goes by itself.",
            new Sign(null, "ErrorQuotaExceeded"), new Sign(null, "quotaLimitReached")),
        new("graph-account-blocked",
            "Microsoft has blocked the account from sending: it looks like one that sends spam, or wants to be "
                + "confirmed.",
            "A mailbox of a tenant: security.microsoft.com, Email & collaboration, Review, Restricted entities, "
                + "Unblock. One of Outlook.com: log in at https://outlook.live.com and confirm it.",
            new Sign(null, "ErrorMessageSubmissionBlocked"), new Sign(null, "ErrorAccountSuspend")),
        new("graph-throttled",
            "Microsoft Graph wants us to slow down: of one mailbox it takes 4 requests at once and 10,000 in 10 "
                + "minutes, Exchange Online 30 mails a minute.",
            "Wait: the route tries again by itself. If it comes again, set `connections = 2` in the route.",
            new Sign("429"), new Sign(null, "ApplicationThrottled")),
    ];
}

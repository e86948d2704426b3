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
            new Sign(null, "ErrorInvalidUser"), new Sign(null, "MailboxNotEnabledForRESTAPI")),
        new("graph-throttled",
            "Microsoft Graph wants us to slow down: of one mailbox it takes 4 requests at once and 10,000 in 10 "
                + "minutes, Exchange Online 30 mails a minute.",
            "Wait: the route tries again by itself. If it comes again, set `connections = 2` in the route.",
            new Sign("429"), new Sign(null, "ApplicationThrottled")),
    ];
}

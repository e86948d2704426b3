using Postroom.Relay.OAuth;

namespace Postroom.Cli;

/// <summary>What has to be done at the provider, with the values to paste.</summary>
internal static class ProviderSteps
{
    /// <param name="isForGraph">The mail goes by Graph, not by SMTP.</param>
    /// <param name="objectId">Of the enterprise application, where a token told it.</param>
    public static IReadOnlyList<string> Of(OAuthAccount account, bool isForGraph, string? objectId) =>
        (account.Provider, account.Flow) switch
        {
            (OAuthProvider.Google, OAuthFlow.User) =>
            [
                "Google Cloud console, APIs & Services, OAuth consent screen: \"Internal\" in Workspace, else "
                    + "\"External\" and published. While it is in testing a consent ends after 7 days.",
                $"Credentials, Create credentials, OAuth client ID, \"Desktop app\": its id is client_id (now "
                    + $"{account.ClientId}); keep its secret with `postroom secret set NAME`.",
                "Route: host = \"smtp.gmail.com\", port = 587, tls = \"required\".",
            ],
            (OAuthProvider.Google, _) =>
            [
                "Google Cloud console, IAM, Service accounts: create one, add a JSON key, and keep it with `postroom "
                    + $"secret set {account.Key ?? "NAME"} --file KEY.json`; then delete the file.",
                "Workspace admin console, Security, API controls, Domain-wide delegation, Add new: the client id is "
                    + $"client_id in that file, the scope {account.Scope}",
                $"It then sends as {account.User}. Route: host = \"smtp.gmail.com\", port = 587.",
            ],
            (OAuthProvider.Microsoft, OAuthFlow.User) =>
            [
                "entra.microsoft.com, App registrations, New registration: its Application (client) ID is client_id "
                    + $"(now {account.ClientId}).",
                "Authentication, Add a platform, \"Mobile and desktop applications\": redirect URI http://localhost . "
                    + "For --device also: Allow public client flows, Yes.",
                $"API permissions, Microsoft Graph, Delegated: {(isForGraph ? "Mail.Send" : "SMTP.Send")} and "
                    + "offline_access." + (isForGraph ? " For mails over 3 MB also "
                    + "Mail.ReadWrite; then in [[oauth]]: scopes = [\"https://graph.microsoft.com/Mail.Send\", "
                    + "\"https://graph.microsoft.com/Mail.ReadWrite\", \"offline_access\"]" : ""),
                .. SmtpAuth(account, isForGraph),
            ],
            (OAuthProvider.Microsoft, _) => OfMicrosoftApp(account, isForGraph, objectId),
            _ => ["Register an application there, with the redirect URI http://localhost (any port)"
                + (account.Scope.Length > 0 ? $" and the scope {account.Scope}." : ".")],
        };

    private static string[] OfMicrosoftApp(OAuthAccount account, bool isForGraph, string? objectId)
    {
        var id = objectId ?? "OBJECT-ID";
        string[] permission = isForGraph
            ? ["API permissions, Microsoft Graph, Application: Mail.Send, and for mails over 3 MB Mail.ReadWrite; "
                + "Grant admin consent. Restrict it to the mailboxes it is for, in Exchange Online PowerShell:",
                $"  New-ApplicationAccessPolicy -AppId {account.ClientId} -PolicyScopeGroupId {account.User} "
                    + "-AccessRight RestrictAccess -Description \"Postroom\""]
            : ["API permissions, APIs my organization uses, Office 365 Exchange Online, Application: SMTP.SendAsApp "
                + "(not under Microsoft Graph); Grant admin consent.",
                "In Exchange Online PowerShell:",
                $"  New-ServicePrincipal -AppId {account.ClientId} -ObjectId {id} -DisplayName \"Postroom\"",
                $"  Add-MailboxPermission -Identity {account.User} -User {id} -AccessRights FullAccess",
                objectId is null
                    ? "  OBJECT-ID is the Object ID of the *Enterprise application* of that name. The one of the App "
                        + "registration is another, and taking it is the classic mistake."
                    : "  (the object id is the Enterprise application's, out of the token that was just issued)"];
        return
        [
            "entra.microsoft.com, App registrations, New registration: its Application (client) ID is client_id (now "
                + $"{account.ClientId}).",
            account.CertificateFile is null
                ? "Certificates & secrets, New client secret: keep its Value, not its ID, with `postroom secret set "
                    + $"{account.ClientSecret ?? "NAME"} --expires DATE`."
                : $"Certificates & secrets, Upload certificate: {account.CertificateFile}",
            .. permission,
            .. SmtpAuth(account, isForGraph),
        ];
    }

    private static string[] SmtpAuth(OAuthAccount account, bool isForGraph) => isForGraph
        ? []
        : ["SMTP AUTH has to be on for the mailbox, with OAuth too, in Exchange Online PowerShell:",
            $"  Set-CASMailbox -Identity {account.User} -SmtpClientAuthenticationDisabled $false",
            "Route: host = \"smtp.office365.com\", port = 587, tls = \"required\"."];
}

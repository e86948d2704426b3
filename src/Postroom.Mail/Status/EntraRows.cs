namespace Postroom.Mail.Status;

/// <summary>
/// What login.microsoftonline.com says instead of a token:
/// https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
/// </summary>
/// <remarks>
/// Microsoft asks programs not to decide anything by these numbers, and we do not: they are only explained.
/// </remarks>
internal static class EntraRows
{
    private const string Reconnect = "Connect the account again with `postroom oauth connect NAME`.";

    public static IReadOnlyList<ExplanationRow> All { get; } =
    [
        new("entra-refresh-token-expired",
            "The consent was not used for 90 days, and has ended.",
            Reconnect,
            new Sign(null, "AADSTS700082")),
        new("entra-consent-expired",
            "The consent has ended: it was not used for too long, or was revoked.",
            Reconnect,
            new Sign(null, "AADSTS70008")),
        new("entra-single-page-app",
            "The app is registered as a single-page application, whose consents end after a day.",
            "At entra.microsoft.com: App registrations, the app, Authentication: remove the platform Single-page "
                + "application and add Mobile and desktop applications. Then `postroom oauth connect NAME`.",
            new Sign(null, "AADSTS700084")),
        new("entra-consent-revoked",
            "The consent was revoked: the user's password was changed or reset, or an administrator ended the user's "
                + "sessions.",
            Reconnect,
            new Sign(null, "AADSTS50173"), new Sign(null, "AADSTS50132"), new Sign(null, "AADSTS50133")),
        new("entra-sign-in-frequency",
            "A Conditional Access policy wants this user to sign in anew every so often.",
            "At entra.microsoft.com: Protection, Conditional Access: leave this user out of the policy's sign-in "
                + "frequency. Then `postroom oauth connect NAME`.",
            new Sign(null, "AADSTS70043")),
        new("entra-no-consent",
            "Nobody has consented to the app's permissions, or new ones were added since.",
            "With a user's consent: `postroom oauth connect NAME`. With an app: at entra.microsoft.com, App "
                + "registrations, the app, API permissions: Grant admin consent.",
            new Sign(null, "AADSTS65001"), new Sign(null, "AADSTS90094")),
        new("entra-consent-declined",
            "The user has declined to consent.",
            "Run `postroom oauth connect NAME` again and accept.",
            new Sign(null, "AADSTS65004")),
        new("entra-mfa-required",
            "The user has to prove a second factor, or to register one; a refreshed token cannot.",
            "Connect again with `postroom oauth connect NAME` and prove it. If it comes back, leave this user out of "
                + "the policy, or use an app of its own (client credentials) instead of a user's consent.",
            new Sign(null, "AADSTS50076"), new Sign(null, "AADSTS50079"), new Sign(null, "AADSTS50074"),
            new Sign(null, "AADSTS50078"), new Sign(null, "AADSTS50072")),
        new("entra-conditional-access",
            "A Conditional Access policy gives no token: it may ask for a known place, a managed device, or block the "
                + "app.",
            "Find the policy at entra.microsoft.com: Monitoring & health, Sign-in logs; leave this user or app out of "
                + "it. Then `postroom route test NAME`.",
            new Sign(null, "AADSTS53003"), new Sign(null, "AADSTS53000"), new Sign(null, "AADSTS53001"),
            new Sign(null, "AADSTS530032")),
        new("entra-security-defaults",
            "Security defaults block this way of signing in.",
            "Connect with `postroom oauth connect NAME`; or turn them off at entra.microsoft.com: Overview, "
                + "Properties, Manage security defaults.",
            new Sign(null, "AADSTS530035")),
        new("entra-wrong-secret",
            "The client secret is wrong. Most often its id was pasted instead of its value.",
            "At entra.microsoft.com: App registrations, the app, Certificates & secrets: make a new client secret, "
                + "copy its Value (not the Secret ID; it is shown only once), and keep it with `postroom secret set "
                + "NAME`.",
            new Sign(null, "AADSTS7000215"), new Sign(null, "AADSTS70002")),
        new("entra-secret-expired",
            "The client secret has expired.",
            "At entra.microsoft.com: App registrations, the app, Certificates & secrets: make a new one, copy its "
                + "Value and keep it with `postroom secret set NAME --expires DATE`.",
            new Sign(null, "AADSTS7000222")),
        new("entra-public-client",
            "The app is not allowed to sign users in without a secret.",
            "At entra.microsoft.com: App registrations, the app, Authentication: set Allow public client flows to Yes. "
                + "Then `postroom oauth connect NAME`.",
            new Sign(null, "AADSTS7000218")),
        new("entra-app-not-found",
            "The tenant does not know the app: the client id is mistyped, or the tenant is another one.",
            "Copy Application (client) ID and Directory (tenant) ID from the app's Overview at entra.microsoft.com "
                + "into `client_id` and `tenant` in `[[oauth]]`, then `postroom reload`.",
            new Sign(null, "AADSTS700016"), new Sign(null, "AADSTS700011")),
        new("entra-app-disabled",
            "The app is disabled in the tenant.",
            "At entra.microsoft.com: Enterprise applications, the app, Properties: Enabled for users to sign in: Yes.",
            new Sign(null, "AADSTS7000112"), new Sign(null, "AADSTS70001")),
        new("entra-user-not-assigned",
            "The app is for assigned users only, and this user is not one of them.",
            "At entra.microsoft.com: Enterprise applications, the app, Users and groups: add the user.",
            new Sign(null, "AADSTS50105")),
        new("entra-certificate",
            "The certificate with which the app signs is not the one the tenant knows: another key, expired, or not "
                + "uploaded.",
            "At entra.microsoft.com: App registrations, the app, Certificates & secrets, Certificates: upload the "
                + "certificate that belongs to the key; keep the key with `postroom secret set NAME --file FILE`.",
            new Sign(null, "AADSTS700027"), new Sign(null, "AADSTS700030"), new Sign(null, "AADSTS50012")),
        new("entra-clock",
            "The clock of this machine is wrong: what the app has signed is too old or not yet valid.",
            "Set the clock and let it be kept: `timedatectl set-ntp true`.",
            new Sign(null, "AADSTS700024")),
        new("entra-tenant-not-found",
            "There is no such tenant, or it is in another cloud.",
            "Copy Directory (tenant) ID from Overview at entra.microsoft.com into `tenant` in `[[oauth]]`, then "
                + "`postroom reload`.",
            new Sign(null, "AADSTS90002"), new Sign(null, "AADSTS900023")),
        new("entra-tenant-needed",
            "The account names no tenant of its own, and this app needs one.",
            "Copy Directory (tenant) ID from Overview at entra.microsoft.com into `tenant` in `[[oauth]]`, then "
                + "`postroom reload`.",
            new Sign(null, "AADSTS50194"), new Sign(null, "AADSTS9001023")),
        new("entra-resource-not-found",
            "The tenant does not have what the token is asked for: the scope is mistyped, or the tenant has no "
                + "Exchange Online.",
            "Take `scopes` out of `[[oauth]]`: without it the right ones are asked for, which are "
                + "`https://outlook.office365.com/.default` (app) and `https://outlook.office.com/SMTP.Send` (user) "
                + "for SMTP. Then `postroom reload`; if it stays, compare `tenant`.",
            new Sign(null, "AADSTS500011"), new Sign(null, "AADSTS650052"), new Sign(null, "AADSTS50001")),
        new("entra-wrong-scope",
            "The scope is not valid for this kind of login: an app asks with /.default, a user by single permissions.",
            "Take `scopes` out of `[[oauth]]`: without it the right ones are asked for, which are "
                + "`https://outlook.office365.com/.default` (app) and `https://outlook.office.com/SMTP.Send` (user) "
                + "for SMTP. Then `postroom reload`.",
            new Sign(null, "AADSTS70011"), new Sign(null, "AADSTS1002012"), new Sign(null, "AADSTS28002")),
        new("entra-user-not-found",
            "The tenant does not have this user: the name is mistyped, or the tenant is another one.",
            "Sign in with a user of the tenant: `postroom oauth connect NAME`.",
            new Sign(null, "AADSTS50034"), new Sign(null, "AADSTS50020"), new Sign(null, "AADSTS51004")),
        new("entra-user-disabled",
            "The user is disabled.",
            "At admin.microsoft.com: Users, Active users, the user: Unblock sign-in. Then `postroom oauth connect "
                + "NAME`.",
            new Sign(null, "AADSTS50057")),
        new("entra-user-locked",
            "The user is locked: too many wrong passwords, or a login from an address of bad reputation.",
            "Wait, or unblock it at entra.microsoft.com: Protection, Risky users. Then `postroom oauth connect NAME`.",
            new Sign(null, "AADSTS50053")),
        new("entra-password-expired",
            "The user's password has expired.",
            "Set a new one at https://mysignins.microsoft.com, then `postroom oauth connect NAME`.",
            new Sign(null, "AADSTS50055"), new Sign(null, "AADSTS50144")),
        new("entra-old-tls",
            "The connection to Microsoft was made with TLS 1.0, 1.1 or 3DES: something between here and there, or the "
                + "system's TLS policy, is too old.",
            "Update the proxy between here and login.microsoftonline.com, or the system, until it speaks TLS 1.2.",
            new Sign(null, "AADSTS1002016")),
        new("entra-code-expired",
            "The code was not entered in time, or was mistyped.",
            "Run `postroom oauth connect NAME` again, and enter the new code at once: some tenants end it after 5 "
                + "minutes.",
            new Sign(null, "AADSTS70019"), new Sign(null, "AADSTS70018"), new Sign(null, "AADSTS70020")),
        new("entra-invalid-grant",
            "Microsoft does not take the consent any more; the number behind AADSTS says why: "
                + "https://login.microsoftonline.com/error.",
            Reconnect,
            new Sign(null, "invalid_grant") { From = Provider.Microsoft }),
        new("entra-refused",
            "Microsoft gives no token; the number behind AADSTS says why: https://login.microsoftonline.com/error.",
            "Look the number up there. Then `postroom route test NAME`.",
            new Sign(null, "AADSTS")),
    ];
}

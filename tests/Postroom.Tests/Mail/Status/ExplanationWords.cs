using Postroom.Mail.Status;

namespace Postroom.Tests.Mail.Status;

/// <summary>What was said, and what it has to be taken for.</summary>
/// <param name="Name">The explanation's name; null: nothing is known about it.</param>
/// <param name="Host">Remote-MTA.</param>
internal sealed record Said(string? Name, string Words, string? Host = null, Fault Fault = Fault.Account)
{
    public Failure Failure => new(Fault, new(4, 7, 0), Words, Host);
}

/// <summary>The real words of providers, with the place where they were found where that is a public one.</summary>
internal static class ExplanationWords
{
    private const string Gmail = "smtp.gmail.com";
    private const string M365 = "smtp.office365.com";
    private const string Ses = "email-smtp.eu-west-1.amazonaws.com";

    public static IReadOnlyList<Said> All { get; } = [.. Google, .. Microsoft, .. Entra, .. Others, .. Unknown];

    private static Said[] Google =>
    [
        // developers.google.com/gmail/imap/xoauth2-protocol: the 334, decoded
        new("gmail-token-refused", "535 5.7.8 Username and Password not accepted. Learn more at  "
            + "https://support.google.com/mail/?p=BadCredentials - gsmtp [the server's reason: {\"status\":\"400\","
            + "\"schemes\":\"Bearer\",\"scope\":\"https://mail.google.com/\"}]", Gmail),
        // the replies: support.google.com/a/answer/3726730, and reports on GitHub
        new("gmail-app-password", "534 5.7.9 Application-specific password required. For more information, go to  "
            + "https://support.google.com/mail/?p=InvalidSecondFactor d9443c01a7336-29bceb55192sm75317325ad.91 - "
            + "gsmtp"),
        new("gmail-web-login", "534 5.7.9 Please log in with your web browser and then try again. Learn more at  "
            + "https://support.google.com/mail/?p=WebLoginRequired bs17-20020a05620a471100b00706b09b16f - gsmtp"),
        new("gmail-web-login", "534 5.7.14 <https://accounts.google.com/signin/continue?sarp=1> Please log in via your "
            + "web browser and then try again. - gsmtp"),
        new("gmail-bad-credentials", "535 5.7.8 Username and Password not accepted. For more information, go to  "
            + "https://support.google.com/mail/?p=BadCredentials k125-20020a37a183000000b005f170f7e497 - gsmtp", Gmail),
        new("gmail-too-many-logins", "454 4.7.0 Too many login attempts, please try again later.  "
            + "https://support.google.com/mail/answer/7126229 - gsmtp", Gmail),
        new("gmail-login-unavailable", "454 4.7.0 Cannot authenticate due to a temporary system problem. Try again "
            + "later. - gsmtp", Gmail),
        // PHPMailer issue 2113, gen_smtp issue 140
        new("gmail-daily-limit", "550 5.4.5 Daily user sending quota exceeded. s5sm12197523qke.120 - gsmtp"),
        new("gmail-daily-limit", "550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending "
            + "limits go to  https://support.google.com/a/answer/166852 d2e1a72fcca58-76e7d551493sm9728466b3a - gsmtp"),
        new("gmail-relay-daily-limit", "550 5.4.5 Daily SMTP relay limit exceeded for user. For more information on "
            + "SMTP relay sending limits please contact your administrator or review this article. - gsmtp"),
        new("gmail-relay-daily-limit", "550 5.7.1 Daily SMTP relay limit exceeded for customer. - gsmtp"),
        new("gmail-relay-peak-limit", "450 4.2.1 Peak SMTP relay limit exceeded for customer. This is a temporary "
            + "error. - gsmtp"),
        new("gmail-relay-denied", "550 5.7.1 Invalid credentials for relay [192.0.2.1]. The IP address you've "
            + "registered in your Workspace SMTP Relay service doesn't match domain of the account this email is being "
            + "sent from. - gsmtp"),
        new("gmail-relay-denied", "550 5.7.0 Mail relay denied [192.0.2.1]. - gsmtp"),
        new("login-required", "530 5.7.0 Authentication Required. For more information, go to  "
            + "https://support.google.com/accounts/troubleshooter/2402620 - gsmtp", Gmail),
        new("starttls-required", "530 5.7.0 Must issue a STARTTLS command first. - gsmtp", Gmail),

        // developers.google.com/identity/protocols/oauth2/service-account
        new("google-service-account-key", "invalid_grant: Invalid JWT Signature."),
        new("google-service-account-key", "invalid_grant: Invalid grant: account not found"),
        new("google-service-account-user", "invalid_grant: Invalid email or User ID"),
        new("google-service-account-user", "invalid_grant: Not a valid email."),
        new("google-clock", "invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a "
            + "reasonable timeframe. Check your iat and exp values in the JWT claim."),
        new("google-consent-lost", "invalid_grant: Token has been expired or revoked."),
        new("google-consent-lost", "invalid_grant: Bad Request (HTTP 400 of oauth2.googleapis.com)", "hop.example"),
        new("google-consent-lost", "invalid_grant: Bad Request", Gmail),
        new("google-delegation", "unauthorized_client: Client is unauthorized to retrieve access tokens using this "
            + "method, or client not authorized for any of the scopes requested."),
        new("google-delegation", "unauthorized_client: Unauthorized client or scope in request.", Gmail),
        new("google-client-not-found", "invalid_client: The OAuth client was not found."),
        new("oauth-invalid-client", "invalid_client: Unauthorized", Gmail),
        new("google-client-deleted", "deleted_client: The OAuth client was deleted."),
        new("google-client-disabled", "disabled_client: The OAuth client was disabled."),
        new("google-org-internal", "org_internal"),
        new("google-admin-policy", "admin_policy_enforced"),
    ];

    private static Said[] Microsoft =>
    [
        new("m365-security-defaults", "535 5.7.139 Authentication unsuccessful, user is locked by your organization's "
            + "security defaults policy. Contact your administrator. [BN9PR03CA0067.namprd03.prod.outlook.com]"),
        // email-oauth2-proxy issue 193
        new("m365-tenant-smtp-auth-disabled", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is "
            + "disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. "
            + "[MN2PR05CA0004.namprd05.prod.outlook.com 2023-09-12T20:59:57.214Z 08DBB276B7E699C4]"),
        // OfficeDocs-Exchange issue 3124: behind a 5.7.57
        new("m365-tenant-smtp-auth-disabled", "530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.139 "
            + "Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.", M365),
        new("m365-mailbox-smtp-auth-disabled", "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is "
            + "disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled for more information."),
        // nodemailer issue 1714
        new("m365-basic-auth-disabled", "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. "
            + "[PN0PR01CA0024.INDPRD01.PROD.OUTLOOK.COM 2025-01-26T18:54:30.055Z 08DD3DD7D75D7743]"),
        // MailKit issue 1733
        new("m365-conditional-access", "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria "
            + "to be authenticated successfully. Contact your administrator."),
        new("m365-wrong-password", "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. "
            + "[AS4P192CA0014.EURP192.PROD.OUTLOOK.COM]"),
        new("m365-login-blocked", "535 5.7.139 Authentication unsuccessful, something quite new."),
        new("m365-login-refused", "535 5.7.3 Authentication unsuccessful [VI1PR0902CA0036.eurprd09.prod.outlook.com "
            + "2024-03-20T10:27:56.998Z 08DC48BEE95C08E5]"),
        new("login-refused", "535 5.7.3 Authentication unsuccessful", "exchange.example.com"), // of one's own
        // techcommunity.microsoft.com, Exchange team blog, 4114750
        new("m365-basic-auth-ended", "550 5.7.30 Basic authentication is not supported for Client Submission."),
        new("m365-not-logged-in", "530 5.7.57 Client not authenticated to send mail. "
            + "[AM6PR0732BE0065.eurprd07.prod.outlook.com]"),
        // email-oauth2-proxy issue 271
        new("m365-mailbox-logon", "430 4.2.0 STOREDRV; mailbox logon failure; STOREDRV.Submission.Exception:"
            + "ConnectionFailedTransientException.MapiExceptionLogonFailed; Failed to process message due to a "
            + "transient exception with message [BeginDiagnosticData]Cannot open mailbox."),
        new("m365-send-as-denied", "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            M365, Fault.Message),
        new("m365-send-as-denied", "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException."
            + "MapiExceptionSendAsDenied; Failed to process message due to a permanent exception with message Cannot "
            + "submit message", M365, Fault.Message),

        // fastapi-mail issue 75; timeoff-management-application issue 308
        new("m365-too-many-connections", "432 4.3.2 Concurrent connections limit exceeded. Visit "
            + "https://aka.ms/concurrent_sending for more information. "
            + "[Hostname=OS0PR01MB6099.jpnprd01.prod.outlook.com]"),
        new("m365-too-many-connections", "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded "
            + "[Hostname=DM5SPR00MB2471.namprd08.prod.outlook.com]"),
        // learn.microsoft.com, smtp-submission-improvements
        new("m365-daily-limit", "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException"),
        // nodemailer issue 1137
        new("m365-daily-limit", "554 5.2.0 User me@site.example has exceeded its 24-hour sending limit. Messages to 25 "
            + "recipients out of 25"),
        // nodejs-nodemailer-outlook issue 11
        new("m365-account-limit", "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process "
            + "message due to a permanent exception with message WASCL UserAction verdict is not None. Actual verdict "
            + "is RefuseQuota, ShowTierUpgrade."),
        // learn.microsoft.com, continuous-error-throttling-smtp-auth-submissions
        new("m365-throttled-mailbox-full", "550 5.2.251 Sender throttled due to continuous mailbox full errors."),
        new("m365-throttled-send-as", "550 5.2.252 Sender throttled due to continuous send as denied errors."),
        new("m365-throttled-licence", "550 5.2.253 Sender throttled due to continuous invalid license errors."),
        new("m365-throttled-too-many-recipients",
            "550 5.2.254 Sender throttled due to continuous too many recipients errors."),
        new("m365-throttled-bad-recipients",
            "550 5.2.255 Sender throttled due to continuous invalid recipients errors."),
        // learn.microsoft.com, non-delivery-reports-in-exchange-online and fix-error-code-5-7-700-through-5-7-750
        new("m365-external-limit", "550 5.7.233 Your message can't be sent because your tenant exceeded its daily "
            + "limit for sending email to external recipients (tenant external recipient rate limit)"),
        new("m365-trial-external-limit", "550 5.7.232 Your message can't be sent because your trial tenant has "
            + "exceeded its daily limit for sending email to external recipients (tenant external recipient rate "
            + "limit)"),
        new("m365-account-blocked", "550 5.1.8 Access denied, bad outbound sender AS(42004)"),
        new("m365-tenant-blocked", "550 5.7.705 Access denied, tenant has exceeded threshold."),
        new("m365-ip-blocked", "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP. "
            + "AS(7171)"),
        new("sender-mailbox-full", "554 5.2.2 mailbox full", M365),
        new("sender-mailbox-full", "552 5.2.2 Over quota", "mail.example.com"),
        new("starttls-required", "451 5.7.3 STARTTLS is required to send mail "
            + "[PA7P264CA0250.FRAP264.PROD.OUTLOOK.COM]"),

        // github.com/microsoftgraph
        new("graph-token-refused", "401 InvalidAuthenticationToken: Access token validation failure. Invalid "
            + "audience."),
        new("graph-access-denied", "403 ErrorAccessDenied: Access is denied. Check credentials and try again."),
        new("graph-access-denied", "403 Authorization_RequestDenied: Insufficient privileges to complete the "
            + "operation."),
        new("graph-send-as-denied", "403 ErrorSendAsDenied: The user account which was used to submit this request "
            + "does not have the right to send mail on behalf of the specified sending account., Cannot submit "
            + "message."),
        new("graph-unknown-mailbox", "404 ErrorInvalidUser: The requested user 'nobody@example.com' is invalid."),
        new("graph-unknown-mailbox", "404 MailboxNotEnabledForRESTAPI: The mailbox is either inactive, soft-deleted, "
            + "or is hosted on-premise."),
        new("graph-unknown-mailbox", "404 ErrorNonExistentMailbox: The SMTP address has no mailbox "
            + "associated with it."),
        new("graph-unknown-mailbox", "404 MailboxNotSupportedForRESTAPI: REST API is not yet supported for this "
            + "mailbox."),
        new("graph-mailbox-disabled", "403 ErrorAccountDisabled: The account is disabled."),
        new("graph-sending-limit", "403 ErrorSubmissionQuotaExceeded: The submission quota was exceeded."),
        new("graph-sending-limit", "429 ErrorExceededMessageLimit: The message limit was exceeded."),
        new("graph-sending-limit", "403 ErrorExceededHourlyMessageLimit: The hourly message limit was exceeded."),
        new("graph-mailbox-full", "507 ErrorQuotaExceeded: The mailbox exceeded its quota."),
        new("graph-mailbox-full", "507 quotaLimitReached: The quota limit has been reached."),
        new("graph-account-blocked", "403 ErrorMessageSubmissionBlocked: Message submission is blocked."),
        new("graph-account-blocked", "403 ErrorAccountSuspend: Account suspended. Follow the instructions in your "
            + "Inbox to verify your account."),
        new("graph-throttled", "429 TooManyRequests: Too many requests", "graph.microsoft.com"),
        new("graph-throttled", "ApplicationThrottled: Application is over its MailboxConcurrency limit."),
    ];

    // learn.microsoft.com/entra/identity-platform/reference-error-codes
    private static Said[] Entra =>
    [
        new("entra-refresh-token-expired", "invalid_grant: AADSTS700082: The refresh token has expired due to "
            + "inactivity. The token was issued on 2026-04-20T14:30:28.0990908Z and was inactive for 90.00:00:00."),
        new("entra-consent-expired", "invalid_grant: AADSTS70008: The provided authorization code or refresh token has "
            + "expired due to inactivity."),
        new("entra-single-page-app", "invalid_grant: AADSTS700084: The refresh token was issued to a single page app "
            + "(SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which cannot be extended."),
        new("entra-consent-revoked", "invalid_grant: AADSTS50173: The provided grant has expired due to it being "
            + "revoked, a fresh auth token is needed. The user might have changed or reset their password."),
        new("entra-consent-revoked", "invalid_grant: AADSTS50132: The session is not valid due to password "
            + "expiration."),
        new("entra-consent-revoked", "invalid_grant: AADSTS50133: The session is not valid due to a password change."),
        new("entra-sign-in-frequency", "invalid_grant: AADSTS70043: The refresh token has expired or is invalid due to "
            + "sign-in frequency checks by conditional access."),
        new("entra-no-consent", "invalid_grant: AADSTS65001: The user or administrator has not consented to use the "
            + "application with ID '5f2abcea' named 'relay'."),
        new("entra-no-consent", "consent_required: AADSTS90094: An administrator must grant the permissions."),
        new("entra-consent-declined", "access_denied: AADSTS65004: User declined to consent to access the app."),
        new("entra-mfa-required", "invalid_grant: AADSTS50076: Due to a configuration change made by your "
            + "administrator, or because you moved to a new location, you must use multi-factor authentication to "
            + "access '00000002'."),
        new("entra-mfa-required", "interaction_required: AADSTS50079: Due to a configuration change made by your "
            + "administrator, you must enroll in multi-factor authentication."),
        new("entra-mfa-required", "interaction_required: AADSTS50074: Strong Authentication is required."),
        new("entra-mfa-required", "interaction_required: AADSTS50078: Presented multi-factor authentication has "
            + "expired."),
        new("entra-mfa-required", "interaction_required: AADSTS50072: User needs to enroll for multi-factor."),
        new("entra-conditional-access", "invalid_grant: AADSTS53003: Access has been blocked by Conditional Access "
            + "policies. The access policy does not allow token issuance."),
        new("entra-conditional-access", "interaction_required: AADSTS53000: Device is not in required device state."),
        new("entra-conditional-access", "interaction_required: AADSTS53001: Device is not domain joined."),
        new("entra-conditional-access", "invalid_grant: AADSTS530032: The tenant admin has configured a security "
            + "policy."),
        new("entra-security-defaults", "invalid_grant: AADSTS530035: Access has been blocked by security defaults."),
        new("entra-wrong-secret", "invalid_client: AADSTS7000215: Invalid client secret provided. Ensure the secret "
            + "being sent in the request is the client secret value, not the client secret ID, for a secret added to "
            + "app 'a8fdfbd0-da97-42d9-8f1a-fd6a7cb650b4'."),
        new("entra-wrong-secret", "invalid_client: AADSTS70002: Error validating credentials."),
        new("entra-secret-expired", "invalid_client: AADSTS7000222: The provided client secret keys for app "
            + "'66483720' are expired. Visit the Azure portal to create new keys for your app."),
        new("entra-public-client", "invalid_client: AADSTS7000218: The request body must contain the following "
            + "parameter: 'client_assertion' or 'client_secret'."),
        new("entra-app-not-found", "unauthorized_client: AADSTS700016: Application with identifier '82bc3e1b' was not "
            + "found in the directory 'Contoso'."),
        new("entra-app-not-found", "unauthorized_client: AADSTS700011: Application was not found in the directory."),
        new("entra-app-disabled", "unauthorized_client: AADSTS7000112: Application '82bc3e1b' is disabled."),
        new("entra-app-disabled", "unauthorized_client: AADSTS70001: The application is disabled."),
        new("entra-user-not-assigned", "invalid_grant: AADSTS50105: The signed in user is not assigned to a role."),
        new("entra-certificate", "invalid_client: AADSTS700027: Client assertion contains an invalid signature. "
            + "[Reason - The key was not found.]"),
        new("entra-certificate", "invalid_client: AADSTS700030: Invalid certificate - subject name is not authorized."),
        new("entra-certificate", "invalid_client: AADSTS50012: Authentication failed: the signing certificate."),
        new("entra-clock", "invalid_client: AADSTS700024: Client assertion is not within its valid time range."),
        new("entra-tenant-not-found", "invalid_request: AADSTS90002: Tenant 'cf61953b-e41a-46b3-b500-663d279ea744' not "
            + "found. Check to make sure you have the correct tenant ID."),
        new("entra-tenant-not-found", "invalid_request: AADSTS900023: Specified tenant identifier 'x' is neither a "
            + "valid DNS name, nor a valid external domain."),
        new("entra-tenant-needed", "invalid_request: AADSTS50194: Application 'x' is not configured as a multi-tenant "
            + "application. Usage of the /common endpoint is not supported."),
        new("entra-tenant-needed", "invalid_request: AADSTS9001023: The grant type is not supported over the /common "
            + "or /consumers endpoints."),
        new("entra-resource-not-found", "invalid_resource: AADSTS500011: The resource principal named https://x was "
            + "not found in the tenant named Contoso."),
        new("entra-resource-not-found", "access_denied: AADSTS650052: The app needs access to a service."),
        new("entra-resource-not-found", "invalid_resource: AADSTS50001: The resource is disabled or doesn't exist."),
        new("entra-wrong-scope", "invalid_scope: AADSTS70011: The provided value for the input parameter 'scope' isn't "
            + "valid. The scope https://example.contoso.com/activity.read isn't valid."),
        new("entra-wrong-scope", "invalid_scope: AADSTS1002012: The provided value for scope x is not valid. Client "
            + "credential flows must have a scope value with /.default suffixed to the resource identifier."),
        new("entra-wrong-scope", "invalid_scope: AADSTS28002: Provided value for the input parameter scope is not "
            + "valid."),
        new("entra-user-not-found", "invalid_grant: AADSTS50034: The user account does not exist in the directory."),
        new("entra-user-not-found", "invalid_request: AADSTS50020: User account from identity provider does not "
            + "exist."),
        new("entra-user-not-found", "invalid_grant: AADSTS51004: The user account does not exist in the directory."),
        new("entra-user-disabled", "invalid_grant: AADSTS50057: The user account is disabled."),
        new("entra-user-locked", "invalid_grant: AADSTS50053: The account is locked."),
        new("entra-password-expired", "invalid_grant: AADSTS50055: The password is expired."),
        new("entra-password-expired", "invalid_grant: AADSTS50144: The Active Directory password has expired."),
        new("entra-old-tls", "invalid_request: AADSTS1002016: You are using TLS version 1.0, 1.1 and/or 3DES cipher "
            + "which are deprecated to improve the security posture of Azure AD."),
        new("entra-code-expired", "expired_token: AADSTS70020: The provided value for the input parameter "
            + "'device_code' is not valid. This device code has expired."),
        new("entra-code-expired", "invalid_grant: AADSTS70019: Verification code expired."),
        new("entra-code-expired", "bad_verification_code: AADSTS70018: Invalid verification code."),
        new("entra-invalid-grant", "invalid_grant: AADSTS70000: The provided value for the refresh token is not "
            + "valid."),
        new("entra-invalid-grant", "invalid_grant (HTTP 400 of login.microsoftonline.com)", "hop.example"),
        new("entra-refused", "invalid_request: AADSTS90014: The required field is missing."),
    ];

    private static Said[] Others =>
    [
        // docs.aws.amazon.com/ses/latest/dg: manage-sending-quotas-errors, troubleshoot-smtp
        new("ses-rate-limit", "454 Throttling failure: Maximum sending rate exceeded."),
        new("ses-daily-limit", "454 Throttling failure: Daily message quota exceeded."),
        new("ses-too-many-connections", "421 Too many concurrent SMTP connections", Fault: Fault.NextHop),
        new("ses-unverified", "554 Message rejected: Email address is not verified. The following identities failed "
            + "the check in region EU-WEST-1: jira@example.com", Ses, Fault.Message),
        new("ses-bad-credentials", "535 Authentication Credentials Invalid", Ses),
        // twilio.com/docs/sendgrid: smtp-errors-and-troubleshooting
        new("sendgrid-credits", "451 Authentication failed: Maximum credits exceeded"),
        new("sendgrid-unverified-sender", "403 You are not authorized to send from that email address",
            Fault: Fault.Message),
        new("sendgrid-unverified-sender", "550 The from address does not match a verified Sender Identity. Mail cannot "
            + "be sent until this error is resolved.", Fault: Fault.Message),
        // dokuwiki-plugin-smtp issue 38; nixos-mailserver issue 9 (Postfix)
        new("sender-not-owned", "553 5.7.1 Sender address rejected: not owned by auth user.", Fault: Fault.Message),
        new("sender-not-owned", "553 5.7.1 <user2@example.com>: Sender address rejected: not owned by user "
            + "user2@example.com", Fault: Fault.Message),
        new("sender-not-owned", "550 5.7.1 <a@example.com>: Sender address rejected: not owned by user b@example.com",
            Fault: Fault.Message),

        new("oauth-token-refused", "535 5.7.8 {\"status\":\"invalid_token\",\"scope\":\"mail\"}", "mail.example.com"),
        new("oauth-token-refused", "535 5.7.8 {\"status\": \"insufficient_scope\"}", "mail.example.com"),
        new("oauth-token-refused", "535 {\"status\":\"400\",\"schemes\":\"bearer\"}", "mail.example.com"),
        new("oauth-invalid-grant", "invalid_grant: The refresh token is invalid", "id.example.com"),
        new("oauth-invalid-client", "invalid_client"),
        new("oauth-unauthorized-client", "unauthorized_client: grant type not allowed", "id.example.com"),
        new("oauth-invalid-scope", "invalid_scope: unknown"),
        new("oauth-declined", "access_denied"),
        new("oauth-declined", "authorization_declined: the user said no"),
        new("oauth-interaction-required", "interaction_required"),
        new("oauth-interaction-required", "consent_required"),
        new("oauth-code-expired", "expired_token"),
        new("oauth-code-expired", "authorization_pending"),
        new("oauth-code-expired", "slow_down"),

        // our own: ClientSession and TlsClient
        new("starttls-not-offered", "TLS is required, but the next hop does not offer STARTTLS", Fault: Fault.NextHop),
        new("starttls-required", "538 5.7.11 Encryption required for requested authentication mechanism"),
        new("certificate-wrong-name", "the certificate of mx.example.com is not accepted: it is for CN=other.example",
            Fault: Fault.NextHop),
        new("certificate-expired", "the certificate of mx.example.com is not accepted: certificate has expired",
            Fault: Fault.NextHop),
        new("certificate-untrusted", "the certificate of mx.example.com is not accepted: unable to get local issuer "
            + "certificate", Fault: Fault.NextHop),
        new("tls-failed", "TLS failed: SSL Handshake failed with OpenSSL error - SSL_ERROR_SSL.", Fault: Fault.NextHop),
        new("login-not-offered", "a login is configured, but the next hop does not offer AUTH on this connection"),
        new("login-no-token-way", "no way to log in: the next hop offers PLAIN LOGIN; a token needs XOAUTH2 or "
            + "OAUTHBEARER"),
        new("login-no-common-way", "no way to log in: the next hop offers GSSAPI XOAUTH2; a plain password needs TLS"),
        new("login-required", "530 5.7.1 Authentication required", "mail.example.com"),
        new("login-required", "550 5.7.57 Client was not authenticated to send anonymous mail", "exchange.example.com"),
        new("login-refused", "535 5.7.8 Error: authentication failed", "mail.example.com"),
    ];

    // What looks like one of them and is another's.
    private static Said[] Unknown =>
    [
        new(null, "550 5.7.30 This message fails DKIM authentication. - gsmtp", "gmail-smtp-in.l.google.com"),
        new(null, "550 5.1.8 <x@nowhere.example>: Sender address rejected: Domain not found", Fault: Fault.Message),
        new(null, "552 5.2.2 Mailbox full", "mx.example.com", Fault.Recipient),
        new(null, "554 5.2.2 mailbox full", M365, Fault.Recipient),
        new(null, "550 5.4.5 System congested", "mx.example.com", Fault.Message),
        new(null, "550 5.7.1 Spam", "mx.example.com", Fault.Message),
        new(null, "550 5.1.1 No such user", "mx.example.com", Fault.Recipient),
        new(null, "450 4.2.1 The user you are trying to contact is receiving mail too "
            + "quickly.", Gmail, Fault.Recipient),
        new(null, "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded", M365, Fault.NextHop),
        new(null, "5350 is no code"),
        new(null, "the connection broke", Fault: Fault.NextHop),
        new(null, ""),
    ];
}

namespace Postroom.Mail.Status;

/// <summary>What services that send for others say:
/// https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html and
/// https://www.twilio.com/docs/sendgrid/for-developers/sending-email/smtp-errors-and-troubleshooting.</summary>
internal static class MailServiceRows
{
    public static IReadOnlyList<ExplanationRow> All { get; } =
    [
        new("ses-rate-limit",
            "The account sends more mails a second than Amazon SES allows it.",
            "Nothing to do: the route slows down by itself. If it comes often, lower `connections` of the route, or "
                + "ask for more at the SES console: Account dashboard, Request a limit increase.",
            new Sign("454", "Maximum sending rate exceeded")),
        new("ses-daily-limit",
            "The account has sent as much as Amazon SES allows it in 24 hours.",
            "Wait: it frees over 24 hours, the mail is kept and goes by itself. Ask for more at the SES console: "
                + "Account dashboard, Request a limit increase.",
            new Sign("454", "Daily message quota exceeded")),
        new("ses-too-many-connections",
            "Amazon SES has too many connections of this account.",
            "Nothing to do: the route tries again by itself. If it comes often, lower `connections` of the route.",
            new Sign("421", "Too many concurrent SMTP connections")),
        new("ses-unverified",
            "Amazon SES does not know the sender: neither the address nor its domain is verified in this region; in "
                + "the sandbox recipients have to be verified too.",
            "Verify the domain at the SES console: Identities, in the region of the route's host; or let the "
                + "application send as an address that is verified.",
            new Sign("554", "Email address is not verified")),
        new("ses-bad-credentials",
            "Amazon SES does not accept the SMTP user and password. They are not the access key of AWS, and belong to "
                + "one region.",
            "Make new ones at the SES console: SMTP settings, Create SMTP credentials, in the region of the route's "
                + "host; keep the password with `postroom secret set NAME`.",
            new Sign("535") { From = Provider.Amazon }),
        new("sendgrid-credits",
            "The plan at SendGrid is used up, or not paid for.",
            "Look at app.sendgrid.com: Settings, Account Details, Your Products. The mail is kept and goes by itself.",
            new Sign(null, "Maximum credits exceeded")),
        new("sendgrid-unverified-sender",
            "SendGrid does not know the sender: it is no verified sender, nor in an authenticated domain.",
            "Verify the domain at app.sendgrid.com: Settings, Sender Authentication; or let the application send as an "
                + "address that is verified.",
            new Sign(null, "not authorized to send from that email address"),
            new Sign(null, "does not match a verified Sender Identity")),
        new("sender-not-owned",
            "The account may not send in the name of this sender.",
            "Let the application send as the route's user, or let the provider add the sender to the account as an "
                + "alias.",
            new Sign("553", "not owned by"), new Sign("550", "Sender address rejected", "not owned by")),
    ];
}

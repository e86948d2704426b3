using MimeKit;

namespace Postroom.Mail.Content.Checks;

/// <summary>The header: what RFC 5322 §3.6 wants there, and what readers go by.</summary>
internal static class HeaderChecks
{
    public static IEnumerable<Finding> Of(CheckedMail checkedMail)
    {
        var mail = checkedMail.Mail;
        var from = mail.Fields.Where(field => Is(field, "From")).ToList();
        if (from.Count == 0)
            yield return new("from-missing", Severity.Problem, "There is no From field (RFC 5322 §3.6.2).",
                "Have the application name its sender.");
        else if (from.Count > 1 || Domains(mail).Count > 1)
            yield return new("from-several", Severity.Problem,
                "The mail names several authors, and many receivers refuse that (RFC 7489 §6.6.1).",
                "Name one author in one From field.");
        foreach (var field in from)
            if (Spoofed(field.Text) is { } named)
                yield return new("from-name-is-an-address", Severity.Problem,
                    $"The name in From shows an address of {named}, and the mail comes from another domain.",
                    "Write a name there, not an address: filters take this for a forgery.") { Where = field.Text };
        if (string.IsNullOrWhiteSpace(mail.Field("Subject")))
            yield return new("subject-missing", Severity.Problem, "The subject is empty or missing.",
                "Say in it what the mail is about.");
        foreach (var name in Missing(checkedMail))
            yield return new($"{name.ToLowerInvariant()}-missing", Severity.Advice,
                $"The application wrote no {name}; this relay added one (RFC 6409 §8), where it is not missing still.",
                "Have the application write it: elsewhere nobody will.");
        if (checkedMail.Repaired is { } repaired)
            yield return new("repaired", Severity.Advice, $"This relay repaired the mail: {Printable.Of(repaired)}.",
                "Have the application write it right: other servers refuse such mail.");
        foreach (var field in mail.Fields.Where(field => !System.Text.Ascii.IsValid(field.Written)))
            yield return new("header-8-bit", Severity.Advice,
                $"{field.Name} holds characters as they are (RFC 6532): only servers with SMTPUTF8 take such a mail.",
                "Write them as encoded words (RFC 2047).") { Where = field.Name };
        foreach (var finding in Bulk(mail))
            yield return finding;
    }

    /// <summary>The domains of all authors, each once.</summary>
    public static IReadOnlyList<string> Domains(ShownMail mail) =>
    [
        .. mail.Fields.Where(field => Is(field, "From")).SelectMany(field => Addresses(field.Written))
            .Select(one => CheckedMail.DomainOf(one.Address)).Where(domain => domain.Length > 0).Distinct(),
    ];

    // What this relay puts in front of a mail follows its Received field, which bears the same instant and the mail's
    // id.
    private static IEnumerable<string> Missing(CheckedMail checkedMail)
    {
        var mail = checkedMail.Mail;
        var received = mail.Fields.FirstOrDefault(field => Is(field, "Received"))?.Text;
        if (mail.Field("Date") is not { Length: > 0 } date
            || (mail.Fields is [_, { } second, ..] && Is(second, "Date")
                && received?.EndsWith("; " + date, StringComparison.Ordinal) == true))
            yield return "Date";
        if (mail.Field("Message-ID") is not { Length: > 0 } id
            || (checkedMail.Id is { } ours && id.StartsWith($"<{ours}@", StringComparison.Ordinal)))
            yield return "Message-ID";
    }

    private static IEnumerable<Finding> Bulk(ShownMail mail)
    {
        if (mail.Field("List-Id") is null
            && mail.Field("Precedence")?.Trim().ToLowerInvariant() is not ("bulk" or "list"))
            yield break;
        if (mail.Field("List-Unsubscribe") is not { } how)
            yield return new("unsubscribe-missing", Severity.Advice,
                "The mail says that it goes to many, and not how to get no more of it.",
                "Add List-Unsubscribe with an https address, and List-Unsubscribe-Post (RFC 8058 §3.1).");
        else if (mail.Field("List-Unsubscribe-Post") is null
            || !how.Contains("https:", StringComparison.OrdinalIgnoreCase))
            yield return new("unsubscribe-not-one-click", Severity.Advice,
                "Readers cannot unsubscribe with one click, which large receivers ask of who mails many.",
                "Give an https address in List-Unsubscribe, and \"List-Unsubscribe-Post: List-Unsubscribe=One-Click\" "
                    + "(RFC 8058 §3.1).");
    }

    private static string? Spoofed(string text)
    {
        foreach (var one in Addresses(text))
            if (one.Name is { } name && name.Contains('@', StringComparison.Ordinal)
                && MailboxAddress.TryParse(name, out var inner)
                && CheckedMail.DomainOf(inner.Address) is { Length: > 0 } shown
                && shown != CheckedMail.DomainOf(one.Address))
                return Printable.Of(shown);
        return null;
    }

    private static IEnumerable<MailboxAddress> Addresses(string text) =>
        InternetAddressList.TryParse(text.Length <= 4_000 ? text : text[..4_000], out var list) ? list.Mailboxes : [];

    private static bool Is(ShownField field, string name) => field.Name.Equals(name,
        StringComparison.OrdinalIgnoreCase);
}

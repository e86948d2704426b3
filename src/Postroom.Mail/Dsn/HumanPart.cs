using System.Globalization;
using System.Text;
using Postroom.Mail.Message;

namespace Postroom.Mail.Dsn;

/// <summary>For people: what happened, to whom, in whose words, what to do (RFC 3464 §2, RFC 6522 §3).</summary>
internal static class HumanPart
{
    public static string Subject(ReportRequest request) => Worst(request) switch
    {
        ReportAction.Failed => "Your mail could not be delivered",
        ReportAction.Delayed => "Your mail is delayed, and still being tried",
        ReportAction.Relayed => "Your mail was passed on",
        ReportAction.Delivered => "Your mail was delivered",
    };

    /// <param name="whole">The whole mail is attached, not only its header.</param>
    public static string Write(ReportRequest request, bool whole)
    {
        var text = new StringBuilder(1_024);
        var subject = request.Header.Subject is { } s ? $"\"{FieldWriter.Clean(s, utf8: true)}\"" : "without a subject";
        Wrap(text, $"This is the mail relay on {FieldWriter.Clean(request.HostName, utf8: true)}.");
        Wrap(text, $"It is about your mail {subject}, taken in on {TraceBlock.DateOf(request.ArrivedAt)} "
            + $"as {request.Mail}.");
        foreach (var group in request.Recipients.GroupBy(r => (r.Action, r.IsExpired)).OrderBy(g => g.Key.Action))
        {
            Wrap(text, Heading(group.Key.Action, group.Key.IsExpired));
            foreach (var recipient in group)
                Append(text, recipient);
        }

        if (Worst(request) == ReportAction.Delayed)
            Wrap(text, "You need not do anything now, and need not send it again.");
        Wrap(text, whole ? "Your mail is attached."
            : request.OriginalLength > DeliveryReport.MostReturned && Worst(request) == ReportAction.Failed
                && request.Envelope.Return != Return.Headers
            ? string.Create(CultureInfo.InvariantCulture,
                $"Your mail is larger than {DeliveryReport.MostReturned / 1_000} KB: only its header is attached.")
            : "The header of your mail is attached.");
        return text.ToString();
    }

    private static ReportAction Worst(ReportRequest request) => request.Recipients.Min(r => r.Action) switch
    {
        var action when request.Recipients.All(r => r.Action == action) => action,
        ReportAction.Failed => ReportAction.Failed,
        ReportAction.Delayed => ReportAction.Delayed,
        _ => ReportAction.Relayed,
    };

    private static string Heading(ReportAction action, bool expired) => (action, expired) switch
    {
        (ReportAction.Failed, true) => "It was tried again and again, and has now been given up for:",
        (ReportAction.Failed, false) => "It could not be delivered, and will not be tried again, to:",
        (ReportAction.Delayed, _) => "It could not be delivered yet, and is still being tried, to:",
        (ReportAction.Delivered, _) => "It was delivered to:",
        (ReportAction.Relayed, _) =>
            "It was passed on to a mail server that reports no successes; you hear no more of it unless it fails, for:",
    };

    private static void Append(StringBuilder text, ReportedRecipient recipient)
    {
        Wrap(text, FieldWriter.Clean(recipient.Recipient.Path.Address, utf8: true), "  ", gap: false);
        if (recipient.Diagnostic is { Length: > 0 } diagnostic)
        {
            var words = FieldWriter.Clean(diagnostic, utf8: true);
            var who = FieldWriter.Clean(recipient.RemoteMta ?? "the other side", utf8: true);
            Wrap(text, StatusPart.IsReply(words) ? $"{who} said: {words}" : $"The reason: {words}", "    ", gap: false);
        }

        if (recipient is { Action: ReportAction.Delayed, WillRetryUntil: { } until })
            Wrap(text, $"It is tried until {TraceBlock.DateOf(until)}.", "    ", gap: false);
        if (recipient.Action == ReportAction.Failed && Advice(recipient.Status) is { } advice)
            Wrap(text, advice, "    ", gap: false);
        text.Append("\r\n");
    }

    /// <summary>What the sender can do, by subject and detail of the status (RFC 3463 §3).</summary>
    private static string Advice(EnhancedStatus status) => (status.Subject, status.Detail) switch
    {
        (1, 1 or 3 or 6) => "What to do: check the address for a mistake, or ask the recipient for the right one.",
        (1, 2) => "What to do: check the part after the @ for a mistake; this domain takes no mail.",
        (1, _) => "What to do: check the address, and whether it is the right one.",
        (2, 1) => "What to do: the mailbox is closed; ask the recipient for another address.",
        (2, 2) => "What to do: the mailbox is full; tell the recipient in another way, and send it again later.",
        (2, 3) or (3, 4) => "What to do: the mail is too large; send it smaller, or a link in place of the attachment.",
        (6, _) => "What to do: the other side cannot take this kind of content; send it in a simpler form.",
        (7, _) => "What to do: the other side forbids it; ask its postmaster, and give the words above.",
        _ => "What to do: ask your administrator, and give the id above.",
    };

    /// <summary>Breaks at 76 columns, between words; a word too long for any line is broken itself.</summary>
    private static void Wrap(StringBuilder text, string sentence, string indent = "", bool gap = true)
    {
        var column = 0;
        foreach (var word in FieldWriter.Words(sentence))
        {
            if (column > 0 && column + 1 + word.Length > 76)
            {
                text.Append("\r\n");
                column = 0;
            }

            text.Append(column == 0 ? indent : " ").Append(word);
            column += (column == 0 ? indent.Length : 1) + word.Length;
        }

        text.Append(gap ? "\r\n\r\n" : "\r\n");
    }
}

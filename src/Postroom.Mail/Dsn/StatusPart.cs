using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Postroom.Mail.Message;

namespace Postroom.Mail.Dsn;

/// <summary>For machines: message/delivery-status (RFC 3464 §2) or global-delivery-status (RFC 6533 §4).</summary>
internal static partial class StatusPart
{
    public static string Write(ReportRequest request, bool utf8)
    {
        var fields = new FieldWriter(utf8)
            .Field("Reporting-MTA", $"dns; {request.HostName}")
            // What the client gave as ENVID, out of its armour (RFC 3461 §6.3).
            .Field("Original-Envelope-Id", XText.TryDecode(request.Envelope.EnvelopeId, out var id) ? id : null)
            .Field("Arrival-Date", TraceBlock.DateOf(request.ArrivedAt))
            .Field("X-Postroom-Id", request.Mail.ToString());
        foreach (var recipient in request.Recipients)
        {
            fields.Line("")
                .Field("Original-Recipient", OriginalRecipient(recipient.Recipient.OriginalRecipient, utf8))
                .Field("Final-Recipient", Typed(recipient.Recipient.Path.Address, utf8))
                .Field("Action", NameOf(recipient.Action))
                .Field("Status", recipient.Status.ToString())
                .Field("Remote-MTA", recipient.RemoteMta is { Length: > 0 } mta ? $"dns; {mta}" : null)
                .Field("Diagnostic-Code", DiagnosticCode(recipient.Diagnostic))
                .Field("Last-Attempt-Date", recipient.LastAttempt is { } last ? TraceBlock.DateOf(last) : null)
                .Field("Will-Retry-Until", recipient is { Action: ReportAction.Delayed, WillRetryUntil: { } until }
                    ? TraceBlock.DateOf(until) : null);
        }

        return fields.ToString();
    }

    /// <summary>RFC 3464 §2.3.3; lower case, as everybody writes it.</summary>
    private static string NameOf(ReportAction action) => action switch
    {
        ReportAction.Failed => "failed",
        ReportAction.Delayed => "delayed",
        ReportAction.Delivered => "delivered",
        ReportAction.Relayed => "relayed",
    };

    /// <summary>An address with its type: rfc822 (RFC 3464 §2.3.2), or utf-8 (RFC 6533 §3).</summary>
    private static string Typed(string address, bool utf8) =>
        Ascii.IsValid(address) ? $"rfc822; {address}"
        : utf8 ? $"utf-8; {address}"
        : $"utf-8; {Unitext(address)}";

    /// <summary>ORCPT out of its armour (RFC 3461 §4.2, §6.3; RFC 6533 §3); null where it is none.</summary>
    private static string? OriginalRecipient(string? orcpt, bool utf8)
    {
        var semicolon = orcpt?.IndexOf(';', StringComparison.Ordinal) ?? -1;
        if (semicolon <= 0 || !XText.TryDecode(orcpt![(semicolon + 1)..], out var address))
            return null;
        var type = orcpt[..semicolon];
        if (!type.All(c => char.IsAsciiLetterOrDigit(c) || c is '-'))
            return null;
        return type.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            ? Typed(EmbeddedCharacter().Replace(address, CharacterOf), utf8)
            : $"{type}; {address}";
    }

    /// <summary>The peer's reply is of type smtp; our own reasons have a type of their own (RFC 3464 §2.3.6).</summary>
    private static string? DiagnosticCode(string? diagnostic) => diagnostic is not { Length: > 0 } ? null
        : IsReply(diagnostic) ? $"smtp; {diagnostic}" : $"x-postroom; {diagnostic}";

    public static bool IsReply(string diagnostic) =>
        diagnostic.Length >= 3 && char.IsAsciiDigit(diagnostic[0]) && char.IsAsciiDigit(diagnostic[1])
        && char.IsAsciiDigit(diagnostic[2]) && (diagnostic.Length == 3 || diagnostic[3] is ' ' or '-');

    private static string Unitext(string address)
    {
        var text = new StringBuilder();
        foreach (var rune in address.EnumerateRunes())
        {
            if (rune.IsAscii)
                text.Append((char)rune.Value);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\x{{{rune.Value:X}}}");
        }

        return text.ToString();
    }

    private static string CharacterOf(Match match) =>
        int.TryParse(match.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var point)
            && Rune.TryCreate(point, out var rune) ? rune.ToString() : match.Value;

    [GeneratedRegex(@"\\x\{([0-9A-Fa-f]{2,6})\}", RegexOptions.CultureInvariant)]
    private static partial Regex EmbeddedCharacter();
}

using System.Buffers.Text;
using System.Text;

namespace Postroom.Mail.Smtp;

/// <summary>What stood behind the path of MAIL or RCPT.</summary>
internal enum ParameterFault { None, Bad, Unknown }

/// <summary>The parameters of MAIL: RFC 1870, 6152, 6531, 3461 and 4954 §5.</summary>
internal sealed class MailParameters
{
    private bool _hasBody, _hasAuth;

    /// <summary>SIZE as declared; null if not.</summary>
    public long? Size { get; private set; }
    public BodyKind Body { get; private set; }
    public bool SmtpUtf8 { get; private set; }
    public Return Return { get; private set; }
    public string? EnvelopeId { get; private set; }

    public void Clear() =>
        (Size, Body, SmtpUtf8, Return, EnvelopeId, _hasBody, _hasAuth) =
        (null, BodyKind.SevenBit, false, Return.Unspecified, null, false, false);

    public ParameterFault Read(ReadOnlySpan<byte> text)
    {
        Clear();
        foreach (var range in text.Split((byte)' '))
        {
            var one = text[range];
            var fault = one.IsEmpty ? ParameterFault.None : ReadOne(one);
            if (fault != ParameterFault.None)
                return fault;
        }

        return ParameterFault.None;
    }

    private ParameterFault ReadOne(ReadOnlySpan<byte> one)
    {
        var equals = one.IndexOf((byte)'=');
        var key = equals < 0 ? one : one[..equals];
        var value = equals < 0 ? [] : one[(equals + 1)..];
        if (Ascii.EqualsIgnoreCase(key, "SIZE"u8))
            return Judge(ReadSize(value));
        if (Ascii.EqualsIgnoreCase(key, "BODY"u8))
            return Judge(ReadBody(value));
        if (Ascii.EqualsIgnoreCase(key, "SMTPUTF8"u8))
            return Judge(equals < 0 && !SmtpUtf8 && (SmtpUtf8 = true));
        if (Ascii.EqualsIgnoreCase(key, "RET"u8))
            return Judge(ReadReturn(value));
        if (Ascii.EqualsIgnoreCase(key, "ENVID"u8))
            return Judge(ReadEnvelopeId(value));
        return Ascii.EqualsIgnoreCase(key, "AUTH"u8) ? Judge(ReadAuth(value)) : ParameterFault.Unknown;
    }

    private static ParameterFault Judge(bool isGood) => isGood ? ParameterFault.None : ParameterFault.Bad;

    private bool ReadSize(ReadOnlySpan<byte> value)
    {
        // RFC 1870 §3: 1 to 20 digits. What does not fit is larger than any limit of ours.
        if (Size != null || value.Length is < 1 or > 20 || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        Size = Utf8Parser.TryParse(value, out long size, out _) ? size : long.MaxValue;
        return true;
    }

    private bool ReadBody(ReadOnlySpan<byte> value)
    {
        var eight = Ascii.EqualsIgnoreCase(value, "8BITMIME"u8);
        if (_hasBody || (!eight && !Ascii.EqualsIgnoreCase(value, "7BIT"u8)))
            return false;
        (_hasBody, Body) = (true, eight ? BodyKind.EightBitMime : BodyKind.SevenBit);
        return true;
    }

    private bool ReadReturn(ReadOnlySpan<byte> value)
    {
        var full = Ascii.EqualsIgnoreCase(value, "FULL"u8);
        if (Return != Return.Unspecified || (!full && !Ascii.EqualsIgnoreCase(value, "HDRS"u8)))
            return false;
        Return = full ? Return.Full : Return.Headers;
        return true;
    }

    // RFC 3461 §4.4: at most 100 characters.
    private bool ReadEnvelopeId(ReadOnlySpan<byte> value)
    {
        if (EnvelopeId != null || value.IsEmpty || value.Length > 100 || !RecipientParameters.IsXText(value))
            return false;
        EnvelopeId = Encoding.ASCII.GetString(value);
        return true;
    }

    // RFC 4954 §5: who submitted it first. Checked, but not passed on: we trust no client with it.
    private bool ReadAuth(ReadOnlySpan<byte> value)
    {
        if (_hasAuth || value.IsEmpty || !RecipientParameters.IsXText(value))
            return false;
        return _hasAuth = true;
    }
}

/// <summary>The parameters of RCPT: RFC 3461 §4.1 and §4.2.</summary>
internal readonly ref struct RecipientParameters
{
    public Notify Notify { get; private init; }
    public string? OriginalRecipient { get; private init; }

    public static ParameterFault Read(ReadOnlySpan<byte> text, bool utf8, out RecipientParameters parameters)
    {
        parameters = default;
        foreach (var range in text.Split((byte)' '))
        {
            var one = text[range];
            if (one.IsEmpty)
                continue;
            var equals = one.IndexOf((byte)'=');
            var key = equals < 0 ? one : one[..equals];
            var value = equals < 0 ? [] : one[(equals + 1)..];
            if (Ascii.EqualsIgnoreCase(key, "NOTIFY"u8))
            {
                if (parameters.Notify != Notify.Unspecified || !ReadNotify(value, out var notify))
                    return ParameterFault.Bad;
                parameters = parameters with { Notify = notify };
            }
            else if (Ascii.EqualsIgnoreCase(key, "ORCPT"u8))
            {
                if (parameters.OriginalRecipient != null || !IsOriginalRecipient(value, utf8))
                    return ParameterFault.Bad;
                parameters = parameters with { OriginalRecipient = Encoding.UTF8.GetString(value) };
            }
            else
            {
                return ParameterFault.Unknown;
            }
        }

        return ParameterFault.None;
    }

    // NEVER alone, or a list of the others.
    private static bool ReadNotify(ReadOnlySpan<byte> value, out Notify notify)
    {
        notify = Notify.Unspecified;
        foreach (var range in value.Split((byte)','))
        {
            var one = WordOf(value[range]);
            if (one == Notify.Unspecified || (notify & one) != 0)
                return false;
            notify |= one;
        }

        return !notify.HasFlag(Notify.Never) || notify == Notify.Never;
    }

    private static Notify WordOf(ReadOnlySpan<byte> word)
    {
        if (Ascii.EqualsIgnoreCase(word, "NEVER"u8))
            return Notify.Never;
        if (Ascii.EqualsIgnoreCase(word, "SUCCESS"u8))
            return Notify.Success;
        if (Ascii.EqualsIgnoreCase(word, "FAILURE"u8))
            return Notify.Failure;
        return Ascii.EqualsIgnoreCase(word, "DELAY"u8) ? Notify.Delay : Notify.Unspecified;
    }

    // addr-type ";" xtext, at most 500 characters; RFC 6533 §3 lets UTF-8 stand in it with SMTPUTF8.
    private static bool IsOriginalRecipient(ReadOnlySpan<byte> value, bool utf8)
    {
        var semicolon = value.IndexOf((byte)';');
        if (semicolon < 1 || value.Length > 500 || value[..semicolon].ContainsAnyExceptInRange((byte)33, (byte)126))
            return false;
        var address = value[(semicolon + 1)..];
        if (address.IsEmpty)
            return false;
        var isUtf8 = Ascii.EqualsIgnoreCase(value[..semicolon], "utf-8"u8);
        return IsXText(address)
            || (isUtf8 && utf8 && System.Text.Unicode.Utf8.IsValid(address)) // a command has no blank or control in it
            || (isUtf8 && !address.ContainsAnyExceptInRange((byte)33, (byte)126));
    }

    internal static bool IsXText(ReadOnlySpan<byte> text) =>
        Ascii.IsValid(text) && XText.TryDecode(Encoding.ASCII.GetString(text), out _);
}

using System.Text;

namespace Postroom.Mail.Smtp;

/// <summary>When a verb may be used.</summary>
[Flags]
internal enum VerbUse
{
    None = 0,

    /// <summary>After EHLO or HELO only.</summary>
    Greeted = 1,

    /// <summary>Where the listener requires TLS: before it too (RFC 3207 §4).</summary>
    InClear = 2,

    /// <summary>Where AUTH is required: after it only (RFC 4954 §4).</summary>
    Known = 4,
}

/// <param name="Do">Writes the reply; returns what the host has to do, or null to read on.</param>
internal sealed record ServerVerb(string Name, VerbUse Use, ServerVerb.Handler Do)
{
    public delegate ServerStep? Handler(ServerDialogue dialogue, ReadOnlySpan<byte> args);

    public byte[] Octets { get; } = Encoding.ASCII.GetBytes(Name);
}

/// <summary>What the server knows to do, as a table.</summary>
/// <remarks>
/// DATA and BDAT ask for nothing themselves: they need a transaction, which MAIL opened or did not. And a BDAT that is
/// refused has to be read past all the same (RFC 3030 §2), so its handler has to run.
/// </remarks>
internal static class ServerVerbs
{
    public static readonly ServerVerb[] Table =
    [
        new("RCPT", VerbUse.Greeted, static (s, args) => s.Recipient(args)),
        new("MAIL", VerbUse.Greeted | VerbUse.Known, static (s, args) => s.Mail(args)),
        new("DATA", VerbUse.None, static (s, args) => s.Data(args)),
        new("BDAT", VerbUse.InClear, static (s, args) => s.Chunk(args)),
        new("EHLO", VerbUse.InClear, static (s, args) => s.Hello(args, extended: true)),
        new("HELO", VerbUse.InClear, static (s, args) => s.Hello(args, extended: false)),
        new("QUIT", VerbUse.InClear, static (s, _) => s.Quit()),
        new("RSET", VerbUse.InClear, static (s, _) => s.Reset()),
        new("NOOP", VerbUse.InClear, static (s, _) => s.Say(ServerReplies.Ok)),
        new("STARTTLS", VerbUse.InClear | VerbUse.Greeted, static (s, args) => s.StartTls(args)),
        new("AUTH", VerbUse.Greeted, static (s, args) => s.Login(args)),
        new("VRFY", VerbUse.None,
            static (s, args) => s.Say(args.IsEmpty ? ServerReplies.BadSyntax : ServerReplies.Unverified)),
        new("EXPN", VerbUse.None, static (s, _) => s.Say(ServerReplies.NoLists)),
        new("HELP", VerbUse.None, static (s, _) => s.Say(ServerReplies.Help)),
    ];

    private static readonly string[] HttpMethods =
        ["GET", "POST", "HEAD", "PUT", "CONNECT", "OPTIONS", "DELETE", "PATCH", "TRACE"];

    public static ServerVerb? Find(ReadOnlySpan<byte> name)
    {
        foreach (var verb in Table)
        {
            if (Ascii.EqualsIgnoreCase(name, verb.Octets))
                return verb;
        }

        return null;
    }

    /// <summary>
    /// A browser, or a page that makes one talk to us: everything behind its first line is under somebody else's
    /// control.
    /// </summary>
    public static bool IsHttp(ReadOnlySpan<byte> name)
    {
        foreach (var method in HttpMethods)
        {
            if (Ascii.Equals(name, method))
                return true;
        }

        return false;
    }
}

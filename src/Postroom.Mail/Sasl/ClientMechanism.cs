using System.Security.Cryptography;

namespace Postroom.Mail.Sasl;

/// <summary>The client's side of one exchange of AUTH (RFC 4954 §4).</summary>
public abstract class ClientMechanism
{
    private const string Plus = "-PLUS";

    // ShowsSecret: who listens has the secret itself, or enough to guess it at once.
    private sealed record Kind(string Name, Func<ClientCredentials, string, ClientMechanism> Make)
    {
        public bool ShowsSecret { get; init; }
        public bool IsToken { get; init; }
        public bool Binds => Name.EndsWith(Plus, StringComparison.Ordinal);
    }

    /// <remarks>
    /// Strongest first. Binding beats a longer hash: SHA-1 is weak where somebody chooses both texts, which is of no
    /// use against an HMAC, while without binding a proof can be passed on by who sits in between.
    /// <para>
    /// CRAM-MD5 and NTLM keep the password from the server, so they come before PLAIN; but what they send is one
    /// round of MD5 over it. Who listens tries billions of passwords a second against that, and an NTLM answer can be
    /// passed on to another server as it is. So both want TLS, as a password in the clear does. SCRAM does not: 4,096
    /// rounds and more are what it is for.
    /// </para>
    /// XOAUTH2 first: it is what Google and Microsoft document, and the other is the younger at both.
    /// </remarks>
    private static readonly Kind[] Kinds =
    [
        Scram("SCRAM-SHA-512-PLUS", HashAlgorithmName.SHA512),
        Scram("SCRAM-SHA-256-PLUS", HashAlgorithmName.SHA256),
        Scram("SCRAM-SHA-1-PLUS", HashAlgorithmName.SHA1),
        Scram("SCRAM-SHA-512", HashAlgorithmName.SHA512),
        Scram("SCRAM-SHA-256", HashAlgorithmName.SHA256),
        Scram("SCRAM-SHA-1", HashAlgorithmName.SHA1),
        new("CRAM-MD5", (who, _) => MailKitClient.CramMd5(who)) { ShowsSecret = true },
        new("NTLM", (who, _) => MailKitClient.Ntlm(who)) { ShowsSecret = true },
        new("PLAIN", (who, _) => new PlainClient(who.User, who.Secret)) { ShowsSecret = true },
        new("LOGIN", (who, _) => new LoginClient(who.User, who.Secret)) { ShowsSecret = true },
        new("XOAUTH2", (who, _) => BearerClient.XOAuth2(who)) { ShowsSecret = true, IsToken = true },
        new("OAUTHBEARER", (who, _) => BearerClient.OAuthBearer(who)) { ShowsSecret = true, IsToken = true },
    ];

    /// <summary>As given with AUTH.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// A 235 may be believed. Before that, it comes from a server that has not proved what its mechanism asks of it:
    /// treat it as a failure.
    /// </summary>
    public abstract bool IsComplete { get; }

    /// <summary>
    /// We asked to be bound to the channel, and no proof has left: a refusal now may mean that the server does not
    /// know our type of binding, and one more try without it gives nothing away.
    /// </summary>
    public virtual bool IsBindingOpen => false;

    /// <summary>Why the server will refuse, in its own words, sent ahead of its reply; null if it gave none.</summary>
    public virtual string? Reason => null;

    /// <summary>The initial response, to be sent in base64 with AUTH; null where the server speaks first.</summary>
    public abstract byte[]? Initial();

    /// <summary>
    /// Answers a challenge (334), out of and into base64. An empty challenge in place of the first is answered with
    /// the initial response once more.
    /// </summary>
    /// <exception cref="SaslException">The server breaks the rules, or lies: cancel with <c>*</c>.</exception>
    public abstract byte[] Respond(ReadOnlySpan<byte> challenge);

    /// <summary>What there is for a password, or for an access token, strongest first.</summary>
    public static IReadOnlyList<string> NamesFor(bool isToken) =>
        [.. Kinds.Where(kind => kind.IsToken == isToken).Select(kind => kind.Name)];

    /// <summary>The strongest mechanism that both sides know and this login may use; null if there is none.</summary>
    /// <param name="offered">The words after AUTH in the reply to EHLO, in either case.</param>
    /// <exception cref="SaslException">Name or secret hold what their mechanism prohibits.</exception>
    public static ClientMechanism? Choose(IReadOnlyCollection<string> offered, ClientCredentials who)
    {
        foreach (var kind in Kinds)
            if (kind.IsToken == who.IsToken && who.Allow(kind.Name)
                && offered.Contains(kind.Name, StringComparer.OrdinalIgnoreCase)
                && (who.ClearTextAllowed || !kind.ShowsSecret)
                && (who.Binding is not null || !kind.Binds))
                return kind.Make(who, Header(kind, offered, who));
        return null;
    }

    internal static string Prepared(string text, string what) =>
        SaslPrep.TryPrepare(text, out var prepared)
            ? prepared
            : throw new SaslException($"the {what} is empty or holds a character that RFC 4013 §2.3 prohibits");

    /// <summary>gs2-cbind-flag, and no other identity (RFC 5802 §6, §7).</summary>
    /// <remarks>
    /// "y" says that we would bind but saw no -PLUS: a server that did offer one knows then that somebody took it
    /// out of its list, and refuses. Where -PLUS stands in the list and we go without, "y" would be a lie.
    /// </remarks>
    private static string Header(Kind kind, IReadOnlyCollection<string> offered, ClientCredentials who)
    {
        if (kind.Binds)
            return $"p={who.Binding!.Type},,";
        var isMissed = who.Binding is not null && who.Allow(kind.Name + Plus)
            && !offered.Any(name => name.StartsWith("SCRAM-", StringComparison.OrdinalIgnoreCase)
                && name.EndsWith(Plus, StringComparison.OrdinalIgnoreCase));
        return isMissed ? "y,," : "n,,";
    }

    private static Kind Scram(string name, HashAlgorithmName hash) =>
        new(name, (who, header) => new ScramClient(name, hash, who, header));
}

using System.Text;

namespace Postroom.Mail.Sasl;

/// <summary>What a step of an exchange led to.</summary>
public enum SaslResult
{
    /// <summary>Send the challenge (334) and come back with what the client answers.</summary>
    Challenge,

    /// <summary>The user has proved who he is: 235.</summary>
    Succeeded,

    /// <summary>535 5.7.8, whatever the reason: a stranger learns nothing from it.</summary>
    Failed,
}

/// <param name="Challenge">To be sent in base64, of a <see cref="SaslResult.Challenge"/>; may be empty.</param>
/// <param name="User">Who logged in, of a success.</param>
public readonly record struct SaslStep(SaslResult Result, byte[] Challenge, string? User);

/// <summary>The server's side of one exchange of AUTH (RFC 4954 §4). Once it succeeded or failed, it is over.</summary>
public abstract class ServerMechanism
{
    /// <summary>What we offer, strongest first.</summary>
    public static IReadOnlyList<string> Names { get; } = ["SCRAM-SHA-256", "PLAIN", "LOGIN"];

    /// <summary>As the client gives it with AUTH.</summary>
    public abstract string Name { get; }

    /// <summary>True if the password itself travels: to be offered only where nobody can listen.</summary>
    public abstract bool IsClearText { get; }

    /// <summary>
    /// Takes the client's next response, out of its base64. Where AUTH came without an initial response, begin with
    /// an empty one: it yields the first challenge.
    /// </summary>
    public abstract SaslStep Step(ReadOnlySpan<byte> response);

    /// <summary>As the longer one; but a user who does not exist has another salt each time.</summary>
    public static ServerMechanism? Create(string name, Func<string, StoredPassword?> users, byte[] nonce) =>
        Create(name, users, nonce, pepper: nonce);

    /// <summary>Begins an exchange; null for a mechanism that we do not offer.</summary>
    /// <param name="name">In either case.</param>
    /// <param name="users">What is kept of a password, by prepared name; null for a user who does not exist.</param>
    /// <param name="nonce">18 random octets or more, never used before.</param>
    /// <param name="pepper">A secret of this server that survives restarts: hides which users exist.</param>
    public static ServerMechanism? Create(
        string name, Func<string, StoredPassword?> users, byte[] nonce, byte[] pepper)
    {
        var book = new UserBook(users, pepper);
        return name.ToUpperInvariant() switch
        {
            "PLAIN" => new PlainServer(book),
            "LOGIN" => new LoginServer(book),
            "SCRAM-SHA-256" => new ScramServer(book, Convert.ToBase64String(nonce)),
            _ => null,
        };
    }

    internal static SaslStep Failed { get; } = new(SaslResult.Failed, [], null);

    internal static SaslStep Ask(ReadOnlySpan<byte> challenge) =>
        new(SaslResult.Challenge, challenge.ToArray(), null);

    internal static SaslStep Ask(string challenge) =>
        new(SaslResult.Challenge, Encoding.UTF8.GetBytes(challenge), null);
}

/// <summary>The users, with somebody in the place of each who does not exist.</summary>
internal sealed class UserBook(Func<string, StoredPassword?> users, byte[] pepper)
{
    public (StoredPassword Password, bool Exists) Find(string user) =>
        users(user) is { } password ? (password, true) : (StoredPassword.Fake(user, pepper), false);

    /// <summary>Checks a password that came in the clear; takes as long for a user who does not exist.</summary>
    public SaslStep Check(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        if (!SaslPrep.TryPrepare(user, out var name))
            return ServerMechanism.Failed;
        var (stored, exists) = Find(name);
        return stored.Verify(password) && exists
            ? new SaslStep(SaslResult.Succeeded, [], name)
            : ServerMechanism.Failed;
    }
}

/// <summary>PLAIN (RFC 4616): authorization identity, NUL, name, NUL, password.</summary>
internal sealed class PlainServer(UserBook users) : ServerMechanism
{
    private bool _asked;

    public override string Name => "PLAIN";

    public override bool IsClearText => true;

    public override SaslStep Step(ReadOnlySpan<byte> response)
    {
        if (response.IsEmpty && !_asked)
        {
            _asked = true;
            return Ask("");
        }

        var first = response.IndexOf((byte)0);
        var second = first < 0 ? -1 : response[(first + 1)..].IndexOf((byte)0);
        if (second < 0)
            return Failed;
        var authorization = response[..first];
        var name = response.Slice(first + 1, second);
        var password = response[(first + second + 2)..];
        // Nobody here may act as somebody else (RFC 4616 §2): an identity to act as has to be one's own.
        if (password.Contains((byte)0) || (!authorization.IsEmpty && !authorization.SequenceEqual(name)))
            return Failed;
        return users.Check(name, password);
    }
}

/// <summary>LOGIN, which no RFC defines and every client speaks: name, then password, each asked for.</summary>
internal sealed class LoginServer(UserBook users) : ServerMechanism
{
    private bool _asked;
    private byte[]? _user;

    public override string Name => "LOGIN";

    public override bool IsClearText => true;

    public override SaslStep Step(ReadOnlySpan<byte> response)
    {
        if (_user is not null)
            return users.Check(_user, response);
        if (response.IsEmpty && !_asked)
        {
            _asked = true;
            return Ask("Username:"u8);
        }

        _user = response.ToArray();
        return Ask("Password:"u8);
    }
}

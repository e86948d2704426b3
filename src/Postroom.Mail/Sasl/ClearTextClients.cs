using System.Text;

namespace Postroom.Mail.Sasl;

/// <summary>PLAIN (RFC 4616).</summary>
internal sealed class PlainClient(string user, Secret password) : ClientMechanism
{
    private bool _sent;

    public override string Name => "PLAIN";

    public override bool IsComplete => _sent;

    public override byte[] Initial()
    {
        _sent = true;
        return Encoding.UTF8.GetBytes($"\0{Prepared(user, "user name")}\0{Prepared(password.Reveal(), "password")}");
    }

    public override byte[] Respond(ReadOnlySpan<byte> challenge) => Initial();
}

/// <summary>LOGIN: the first challenge asks for the name, the second for the password, whatever their words.</summary>
internal sealed class LoginClient(string user, Secret password) : ClientMechanism
{
    private int _answered;

    public override string Name => "LOGIN";

    public override bool IsComplete => _answered == 2;

    public override byte[]? Initial() => null;

    public override byte[] Respond(ReadOnlySpan<byte> challenge) => ++_answered switch
    {
        1 => Encoding.UTF8.GetBytes(user),
        2 => Encoding.UTF8.GetBytes(password.Reveal()),
        _ => throw new SaslException("the server asks for more than a name and a password"),
    };
}

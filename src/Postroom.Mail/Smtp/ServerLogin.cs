using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Postroom.Mail.Sasl;

namespace Postroom.Mail.Smtp;

/// <summary>One AUTH exchange at a time (RFC 4954 §4): base64 around the mechanism's own messages.</summary>
internal sealed class ServerLogin(ServerProfile profile, Func<string, ServerMechanism?>? create)
{
    /// <summary>Octets of a line of the exchange, CRLF included (RFC 4954 §4).</summary>
    public const int LongestLine = 12_288;

    private ServerMechanism? _mechanism;

    public enum Turn { GoOn, Succeeded, Failed, Error }

    /// <summary>Who logged in; null if nobody.</summary>
    public string? User { get; private set; }

    public int Failures { get; private set; }

    public bool IsOffered => create != null && profile.Mechanisms.Count > 0;

    /// <summary>Forgets who it was: a new TLS layer begins (RFC 3207 §4.2).</summary>
    public void Clear() => (_mechanism, User) = (null, null);

    /// <summary>AUTH itself.</summary>
    public Turn Begin(ReadOnlySpan<byte> args, IBufferWriter<byte> output)
    {
        var space = args.IndexOf((byte)' ');
        var name = Encoding.ASCII.GetString(space < 0 ? args : args[..space]).ToUpperInvariant();
        _mechanism = profile.Mechanisms.Contains(name) ? create?.Invoke(name) : null;
        if (_mechanism == null)
            return Say(name.Length == 0 ? ServerReplies.BadSyntax : ServerReplies.LoginUnknown, output);
        if (space < 0)
            return Step([], output); // the mechanism then asks for what it wants first
        var initial = args[(space + 1)..];
        return initial.SequenceEqual("="u8) ? Step([], output) : Respond(initial, output); // "=" is an empty response
    }

    /// <summary>A line of the client.</summary>
    public Turn Respond(ReadOnlySpan<byte> line, IBufferWriter<byte> output)
    {
        if (line.SequenceEqual("*"u8))
            return Say(ServerReplies.LoginCancelled, output);
        var response = new byte[Base64.GetMaxDecodedFromUtf8Length(line.Length)];
        var status = Base64.DecodeFromUtf8(line, response, out _, out var length);
        if (status != OperationStatus.Done || line.ContainsAny((byte)' ', (byte)'\t'))
            return Say(ServerReplies.LoginGarbled, output);
        return Step(response.AsSpan(0, length), output);
    }

    /// <summary>The line was too long for the exchange to go on.</summary>
    public Turn Abandon(IBufferWriter<byte> output) => Say(ServerReplies.LoginLineTooLong, output);

    private Turn Step(ReadOnlySpan<byte> response, IBufferWriter<byte> output)
    {
        var step = _mechanism!.Step(response);
        switch (step.Result)
        {
            case SaslResult.Challenge:
                return Challenge(step.Challenge, output);
            case SaslResult.Succeeded:
                (_mechanism, User) = (null, step.User);
                output.Write(ServerReplies.LoggedIn);
                return Turn.Succeeded;
            default:
                _mechanism = null;
                Failures++;
                output.Write(ServerReplies.LoginRefused);
                return Turn.Failed;
        }
    }

    private static Turn Challenge(ReadOnlySpan<byte> challenge, IBufferWriter<byte> output)
    {
        output.Write("334 "u8);
        if (!challenge.IsEmpty)
        {
            var into = output.GetSpan(Base64.GetMaxEncodedToUtf8Length(challenge.Length));
            Base64.EncodeToUtf8(challenge, into, out _, out var written);
            output.Advance(written);
        }

        output.Write("\r\n"u8);
        return Turn.GoOn;
    }

    private Turn Say(ReadOnlySpan<byte> reply, IBufferWriter<byte> output)
    {
        _mechanism = null;
        output.Write(reply);
        return Turn.Error;
    }
}

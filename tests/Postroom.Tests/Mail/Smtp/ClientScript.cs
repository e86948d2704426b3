using System.Buffers;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Postroom.Mail.Smtp;
using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

/// <summary>Plays a next hop against <see cref="ClientSession"/> and <see cref="ClientTransaction"/>, and says in words
/// where they stand.</summary>
internal static class ClientScript
{
    public static void Play(ClientSession session, string dialogue)
    {
        Assert.Equal((ClientStage.Greeting, 0, ""), (session.Stage, session.ToSend.Length, session.Shown));
        var move = ClientMove.Talk;
        var reader = new ReplyReader();
        var lines = dialogue.ReplaceLineEndings("\n").Split('\n');
        foreach (var line in lines[..^1])
        {
            if (line.StartsWith("S: ", StringComparison.Ordinal))
                move = Replied(line[3..], reader) is { } reply ? session.On(reply) : move;
            else if (line.StartsWith("C: ", StringComparison.Ordinal))
                Assert.Equal((ClientMove.Talk, line[3..] + "\r\n"), (move, Encoding.UTF8.GetString(session.ToSend)));
            else if (line.StartsWith("shown: ", StringComparison.Ordinal))
                Assert.Equal(line[7..], session.Shown);
            else
                move = Handshake(line, move, session);
        }

        var end = move == ClientMove.Ready ? "ready" : $"{session.Failure!.Fault} {session.Failure.Status} " +
            session.Failure.Diagnostic;
        Assert.Equal(lines[^1], end);
        Assert.Null(session.Failure?.RemoteMta);
        Assert.Equal(move == ClientMove.Ready ? ClientMove.Ready : ClientMove.Failed, move);
        Assert.Equal(move == ClientMove.Ready, session.Stage == ClientStage.Done && session.ToSend.Length == 0);
    }

    /// <summary>A name, and ", clear" where a plain password may go in the clear; empty: nobody logs in.</summary>
    public static ClientCredentials? Login(string login)
    {
        var parts = login.Split(", ");
        return login.Length == 0
            ? null
            : new ClientCredentials(parts[0], new Secret("secret"), new byte[18], parts.Length > 1);
    }

    public static string Standing(ClientTransaction it) => string.Join(", ", (string[])
    [
        it.Stage.ToString(),
        .. it.IsRefused ? ["refused"] : (string[])[],
        .. it.HasTakers ? ["takers"] : (string[])[],
        .. it.MightBeTaken ? ["might be taken"] : (string[])[],
        .. it.IsTaken ? ["taken"] : (string[])[],
        .. it.NeedsReset ? ["needs reset"] : (string[])[],
        .. it.IsUntouched ? ["untouched"] : (string[])[],
    ]);

    public static string Fate(Failure? failure) =>
        failure is null ? "taken" : $"{failure.Fault} {failure.Status} {failure.Diagnostic}";

    public static ClientMail To(int recipients) => new(new Envelope(new ReversePath("a@b"), []),
        [.. Enumerable.Range(1, recipients).Select(i => Plain($"{i}@c"))], new HeaderFacts(), 9);

    public static Recipient Plain(string address) => new(new ForwardPath(address));

    public static Capabilities Offering(string words) => Capabilities.Of(
        new Reply(250, null, words.StartsWith("SIZE", StringComparison.Ordinal)
            ? ["hop", words]
            : ["hop", .. words.Split(' ')]));

    public static string Written(Action<IBufferWriter<byte>> write)
    {
        var to = new ArrayBufferWriter<byte>();
        write(to);
        return Encoding.UTF8.GetString(to.WrittenSpan);
    }

    public static Reply Read(string line)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(line + "\r\n");
        Assert.Equal(ReplyProgress.Complete, new ReplyReader().Read(ref bytes, out var reply));
        return reply!;
    }

    private static Reply? Replied(string line, ReplyReader reader)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(line + "\r\n");
        Assert.NotEqual(ReplyProgress.Garbage, reader.Read(ref bytes, out var reply));
        return reply;
    }

    private static ClientMove Handshake(string line, ClientMove move, ClientSession session)
    {
        Assert.Equal(("TLS", ClientMove.BeginTls), (line, move));
        return session.Secured();
    }
}

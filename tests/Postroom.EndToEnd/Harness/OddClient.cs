using System.Globalization;
using System.Text;

namespace Postroom.EndToEnd.Harness;

/// <summary>How a mail is handed over.</summary>
/// <param name="ByChunks">With BDAT (RFC 3030), not with DATA.</param>
/// <param name="IsAhead">Commands in one write, as PIPELINING allows (RFC 2920 §3.1).</param>
/// <param name="Piece">Octets a write at most, in sizes that change; 0: as they are.</param>
internal sealed record OddWay(bool ByChunks, bool IsAhead, int Piece)
{
    private static readonly int[] Pieces = [0, 0, 1, 7, 100, 1_000, 1_460, 4_095, 4_096, 4_097, 16_383, 16_385, 65_537];

    public static OddWay For(OddMail mail, Random dice)
    {
        var piece = Pieces[dice.Next(Pieces.Length)];
        return new OddWay(mail.NeedsChunks || dice.Next(2) == 0, dice.Next(2) == 0,
            piece * 5_000 < mail.Octets.Length ? 0 : piece);
    }
}

/// <summary>One connection that hands over odd mails in odd ways.</summary>
internal sealed class OddClient(SmtpClient client, Random dice) : IAsyncDisposable
{
    /// <summary>Connects; every other one with STARTTLS.</summary>
    public static async Task<OddClient> ConnectAsync(int port, Random dice, bool tls)
    {
        var client = await SmtpClient.ConnectAsync(port);
        if (tls)
            await client.StartTlsAsync((_, certificate, _, _) => certificate is not null);
        return new OddClient(client, dice);
    }

    /// <summary>Hands one over.</summary>
    /// <returns>Null if it was taken, else what was said instead.</returns>
    public async Task<string?> SendAsync(OddMail mail, string to)
    {
        var way = OddWay.For(mail, dice);
        var commands = new List<byte[]> { Line(From(mail)), Line($"RCPT TO:<{to}>") };
        if (way.ByChunks)
            commands.AddRange(Chunks(mail.Octets));
        else
            commands.Add(Line("DATA"));
        if (way.IsAhead)
            await WriteAsync([.. commands.SelectMany(command => command)], way.Piece);
        var said = "";
        foreach (var command in commands)
        {
            if (!way.IsAhead)
                await WriteAsync(command, way.Piece);
            said = await client.ReplyAsync();
            if (said[0] is not ('2' or '3'))
                return said;
        }

        if (way.ByChunks)
            return null;
        await WriteAsync(Mails.Stuffed(mail.Octets), way.Piece);
        said = await client.ReplyAsync();
        return said[0] == '2' ? null : said;
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();

    private string From(OddMail mail) => "MAIL FROM:<jira@example.com>"
        + (mail.IsEightBit && dice.Next(2) == 0 ? " BODY=8BITMIME" : "");

    // One chunk, or several of any size, empty ones among them; the last may be empty too.
    private List<byte[]> Chunks(byte[] octets)
    {
        var chunks = new List<byte[]>();
        var at = 0;
        for (var more = dice.Next(6); more > 0 && octets.Length < 2_000_000; more--)
        {
            var size = Math.Min(octets.Length - at, dice.Next(4) == 0 ? dice.Next(3) : dice.Next(octets.Length + 1));
            chunks.Add([.. Line(string.Create(CultureInfo.InvariantCulture, $"BDAT {size}")),
                .. octets.AsSpan(at, size)]);
            at += size;
        }

        chunks.Add([.. Line(string.Create(CultureInfo.InvariantCulture, $"BDAT {octets.Length - at} LAST")),
            .. octets.AsSpan(at)]);
        return chunks;
    }

    private async Task WriteAsync(byte[] octets, int piece)
    {
        for (var at = 0; at < octets.Length;)
        {
            var size = Math.Min(octets.Length - at, piece == 0 ? octets.Length : dice.Next(1, 2 * piece));
            await client.WriteAsync(octets.AsMemory(at, size));
            at += size;
        }
    }

    private static byte[] Line(string command) => Encoding.ASCII.GetBytes(command + "\r\n");
}

using System.Text;
using System.Text.RegularExpressions;
using Postroom.Mail;

namespace Postroom.Simulation;

/// <summary>What became of one handing over of a mail.</summary>
/// <param name="Id">The id in the 250; null if none came.</param>
/// <param name="Code">The code of the refusal; 0 where no answer came.</param>
/// <param name="Life">The life of the relay that was asked.</param>
internal sealed record Handover(int Mail, MailId? Id, int Code, int Life);

/// <summary>A mail that an application wants to be rid of.</summary>
internal sealed record AppMail(string Key, IReadOnlyList<string> To, byte[] Bytes);

/// <summary>An application as Jira is: hands its mails over one after the other, gives up an answer after 10 s, and
/// sends again what got no 250.</summary>
internal sealed partial class Application(World world, string name)
{
    private static readonly string[] Addresses = ["ann@one.test", "bob@one.test", "cid@two.test", "dora@two.test"];

    private readonly List<AppMail> _mails = [];

    public IReadOnlyList<AppMail> Mails => _mails;

    public List<Handover> Handovers { get; } = [];

    public bool IsDone { get; private set; }

    /// <summary>Its mail is a <see cref="Burst"/>.</summary>
    public bool Bursts { get; init; }

    private Random Dice => world.Scheduler.Dice;

    private string From => world.Sandbox is null ? "app@app.test" : $"{name}@app.test";

    public async Task RunAsync(int count)
    {
        for (var i = 0; i < count; i++)
            _mails.Add(Bursts ? Burst.Make(i, Addresses[Dice.Next(4)]) : Make(i));
        ClientConnection? kept = null;
        for (var i = 0; i < count; i++)
        {
            for (var tries = 0; tries < 8; tries++)
            {
                kept = kept is { IsOpen: true } && Dice.Next(3) > 0 ? kept : await OpenAsync();
                var handover = kept is null ? null : await HandOverAsync(kept, i);
                if (handover is not null)
                    Handovers.Add(handover);
                if (handover is { Id: not null } or { Code: >= 500 })
                    break;
                kept?.Close();
                await world.WaitAsync(TimeSpan.FromSeconds(Dice.Next(60)));
            }

            if (Dice.Next(2) == 0)
                await world.WaitAsync(TimeSpan.FromMilliseconds(Dice.Next(3_000)));
        }

        kept?.Close();
        IsDone = true;
    }

    private AppMail Make(int number)
    {
        var key = $"{name}-{number}";
        var to = Addresses.Where(_ => Dice.Next(2) == 0).DefaultIfEmpty(Addresses[Dice.Next(4)]).ToArray();
        var text = new StringBuilder($"Subject: {key}\r\n\r\n");
        var size = Dice.Next(12) == 0 ? Dice.Next(200_000) : Dice.Next(1_500);
        while (text.Length < size)
            text.Append(Lines[Dice.Next(Lines.Length)]);
        text.Append("end of ").Append(key).Append("\r\n");
        return new AppMail(key, to, Encoding.Latin1.GetBytes(text.ToString()));
    }

    private static readonly string[] Lines =
        [".\r\n", "..\r\n", "\r\n", "a line of text as people write it\r\n", "250 ok\r\n", ".x\r\n", new string('w', 900) + "\r\n"];

    private async Task<ClientConnection?> OpenAsync()
    {
        var connection = new ClientConnection(world) { Port = world.Sandbox?.PortOf(name) ?? 25 };
        if (!connection.TryConnect())
            return null;
        if (await connection.ReplyAsync() is not { Code: 220 })
            return null;
        connection.Send($"EHLO {name}\r\n");
        return await connection.ReplyAsync() is { Code: 250 } ? connection : null;
    }

    // An application stops at the first refusal, as JavaMail does.
    private async Task<Handover> HandOverAsync(ClientConnection connection, int number)
    {
        var (mail, life) = (_mails[number], world.LifeNumber);
        var commands = new List<string> { $"MAIL FROM:<{From}>\r\n" };
        commands.AddRange(mail.To.Select(to => $"RCPT TO:<{to}>\r\n"));
        var isChunked = Dice.Next(2) == 0;
        if (!isChunked)
            commands.Add("DATA\r\n");
        var isPipelined = Dice.Next(2) == 0;
        if (isPipelined)
            connection.Send(string.Concat(commands));
        foreach (var command in commands)
        {
            if (!isPipelined)
                connection.Send(command);
            if (await connection.ReplyAsync() is not { Code: < 400 } answer)
                return Failed(connection, number, life, connection.Last);
        }

        var last = isChunked ? await SendChunksAsync(connection, mail) : await SendDataAsync(connection, mail);
        if (last is not { Code: 250 })
            return Failed(connection, number, life, last);
        if (!MailId.TryParse(Id().Match(last.Value.Text).Groups[1].Value, out var id))
            world.Violation($"a 250 without an id: {last.Value.Text}");
        return new Handover(number, id, 250, life);
    }

    private static Handover Failed(
        ClientConnection connection, int number, int life, (int Code, string Text)? answer)
    {
        connection.Close();
        return new Handover(number, null, answer?.Code ?? 0, life);
    }

    private static Task<(int Code, string Text)?> SendDataAsync(ClientConnection connection, AppMail mail)
    {
        var text = Encoding.Latin1.GetString(mail.Bytes);
        var stuffed = (text.StartsWith('.') ? "." : "") + text.Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
        connection.Send(stuffed + ".\r\n");
        return connection.ReplyAsync();
    }

    private async Task<(int Code, string Text)?> SendChunksAsync(ClientConnection connection, AppMail mail)
    {
        for (var at = 0; ;)
        {
            var count = Dice.Next(3) == 0 ? Dice.Next(mail.Bytes.Length - at + 1) : mail.Bytes.Length - at;
            var isLast = at + count == mail.Bytes.Length;
            connection.Send($"BDAT {count}{(isLast ? " LAST" : "")}\r\n");
            connection.Send(mail.Bytes.AsSpan(at, count));
            at += count;
            var answer = await connection.ReplyAsync();
            if (isLast || answer is not { Code: 250 })
                return answer;
        }
    }

    [GeneratedRegex("Accepted as ([0-9A-Z]{13})$")]
    private static partial Regex Id();
}

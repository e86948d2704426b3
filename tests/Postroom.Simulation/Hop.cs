using System.Text;
using Postroom.Mail;

namespace Postroom.Simulation;

/// <summary>What a next hop does at one step of the dialogue.</summary>
internal enum HopMood
{
    Serves,
    Defers,
    Refuses,
    Closes,      // says 421 and hangs up
    Drops,       // hangs up without a word
    Stalls,      // says nothing any more
    Late,        // answers, but after minutes
    Babbles,     // says what is no reply
    TakesAndDrops,  // of the final dot: it has the mail, and nobody learns of it
    TakesAndStalls,
    TakesAndBabbles,
}

/// <summary>One mail that a next hop has taken responsibility for.</summary>
/// <param name="Id">Of the Received field; null in a report of the relay's own.</param>
/// <param name="MessageId">With its angle brackets.</param>
/// <param name="Told">What it answered; null if it never said so.</param>
internal sealed record Taken(
    MailId? Id, string MessageId, IReadOnlyList<string> To, byte[] Octets, string From, string? Told)
{
    /// <summary>The life that sent it.</summary>
    public required int Life { get; init; }

    /// <summary>When its transaction began.</summary>
    public required long Begun { get; init; }

    /// <summary>It went to the mailbox of a sandbox, in the place of these.</summary>
    public IReadOnlyList<string> Originals { get; } = !To.Contains(Sandbox.Mailbox) ? []
        : [.. HeadOf(Octets).Split("\r\n").TakeWhile(line => line.StartsWith(Original, StringComparison.Ordinal))
            .Select(line => line[Original.Length..])];

    private const string Original = "X-Original-To: ";

    /// <summary>It is what became of the mail to a recipient.</summary>
    public bool IsFor(string to) => To.Contains(to) || Originals.Contains(to);

    /// <summary>The header of a mail, up to the empty line.</summary>
    public static string HeadOf(ReadOnlySpan<byte> octets)
    {
        var end = octets.IndexOf("\r\n\r\n"u8);
        return Encoding.Latin1.GetString(end < 0 ? octets : octets[..(end + 2)]);
    }
}

/// <summary>A next hop: it lies, stalls, drops and answers late, until the world calms down.</summary>
internal sealed class Hop(World world, string name, TimeSpan latency, int trouble)
{
    private static readonly HopMood[] AtConnect = [HopMood.Drops, HopMood.Stalls];

    private static readonly HopMood[] AtGreeting =
        [HopMood.Closes, HopMood.Refuses, HopMood.Drops, HopMood.Stalls, HopMood.Babbles, HopMood.Late];

    private static readonly HopMood[] AtCommand =
    [
        HopMood.Defers, HopMood.Defers, HopMood.Refuses, HopMood.Closes, HopMood.Drops, HopMood.Stalls, HopMood.Late,
        HopMood.Babbles,
    ];

    private static readonly HopMood[] AtDot =
    [
        .. AtCommand, HopMood.TakesAndDrops, HopMood.TakesAndDrops, HopMood.TakesAndStalls, HopMood.TakesAndBabbles,
        HopMood.Late,
    ];

    public string Name => name;

    public TimeSpan Latency => latency;

    public List<Taken> Taken { get; } = [];

    public bool Pipelines { get; } = world.Scheduler.Dice.Next(4) > 0;

    public bool TakesChunks { get; } = world.Scheduler.Dice.Next(2) == 0;

    private Random Dice => world.Scheduler.Dice;

    /// <summary>Down altogether until then.</summary>
    public long DownUntil { get; set; }

    public HopMood OnConnect() => !world.IsCalm && world.Scheduler.Now < DownUntil ? HopMood.Drops : Mood(AtConnect);

    public HopMood OnGreeting() => Mood(AtGreeting);

    public HopMood OnCommand() => Mood(AtCommand);

    public HopMood OnDot() => Mood(AtDot);

    private HopMood Mood(HopMood[] moods) =>
        world.IsCalm || Dice.Next(1000) >= trouble ? HopMood.Serves : moods[Dice.Next(moods.Length)];
}

using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Mail.Storms;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Shared;

namespace Postroom.Simulation;

/// <summary>What may have been decided of one recipient at one lease.</summary>
/// <param name="Modes">Each that may have held then.</param>
/// <param name="Kept">The rule by which the brake held it; null: it did not.</param>
internal sealed record Judgement(int Life, long At, IReadOnlySet<Mode> Modes, string? Kept);

/// <summary>Something that a person asked for, by a name that nobody else has.</summary>
/// <param name="Targets">Whom it is about; null: what is held of storms.</param>
internal sealed record Ask(string Who, Happening What, IReadOnlyList<Target>? Targets)
{
    /// <summary>How many changed, as the person was told; null: there was no answer.</summary>
    public int? Changed { get; set; }
}

/// <summary>Of a world with a sandbox: what people set, what may hold of it, and what was decided at each
/// lease.</summary>
/// <remarks>Its dice are its own: the world of a seed without a sandbox is not another one by it. Where a life ended
/// before it could answer, both may hold, until the next life has read what was kept.</remarks>
internal sealed class Sandbox
{
    public const string Mailbox = "qa@one.test";
    public const string Tag = "[staging]";

    private static readonly DateTimeOffset LongAgo = new(2026, 11, 17, 6, 0, 0, TimeSpan.Zero);

    private readonly World _world;
    private readonly Dictionary<(int Life, MailId Mail, string To), List<Judgement>> _judged = [];
    private readonly Dictionary<(MailId, string Lane), (Lease Lease, List<Rulebook> May)> _leases = [];
    private readonly Dictionary<int, string> _storms = [];
    private readonly List<Person> _persons = [];
    private List<Rulebook> _may;
    private DateTimeOffset _latest;

    public Sandbox(World world, int seed)
    {
        (_world, Dice) = (world, new Random(unchecked(seed * 397)));
        Configured = Configure();
        _may = [new Rulebook(Configured, [])];
        HasStorms = Dice.Next(4) == 0;
        HasSide = Dice.Next(2) == 0;
    }

    public Random Dice { get; }

    /// <summary>A source bursts.</summary>
    public bool HasStorms { get; }

    /// <summary>There is a second listener, and the wiki is at it.</summary>
    public bool HasSide { get; }

    public StormSettings StormSettings => StormSettings.Plain with { Messages = HasStorms ? 10 : 50 };

    /// <summary>What stands in the file that a life reads at its start, and at a reload.</summary>
    public Configured Configured { get; private set; }

    public List<Ask> Asks { get; } = [];

    /// <summary>Mails that a person handed over once more: of which, and what the answer was.</summary>
    public List<(MailId Of, string? Id)> Replays { get; } = [];

    /// <summary>Reasons of words that were answered: each stands in the trail.</summary>
    public List<string> Answered { get; } = [];

    /// <summary>What was still captured or held in the end, with its octets.</summary>
    public Dictionary<MailId, byte[]> Found { get; } = [];

    /// <summary>A word is under way: who comes then waits.</summary>
    public bool IsSaying { get; set; }

    public bool IsDone => _persons.TrueForAll(one => one.IsDone);

    public int PortOf(string application) => HasSide && application == "wiki" ? 26 : 25;

    /// <summary>What the relay had learned before this world began.</summary>
    public void Prepare(SimulatedDisk disk)
    {
        if (HasStorms)
            WholeFile.Replace(disk, "storms.json", "{\"next\":1,\"storms\":[],\"sources\":{\"" + Burst.Source
                + "\":{\"since\":\"" + LongAgo.ToString("O") + "\",\"habits\":{}}}}");
    }

    public void Begin()
    {
        for (var i = Dice.Next(1, 3); i > 0; i--)
        {
            var person = new Person(_world, this, $"person{i}");
            _persons.Add(person);
            var deeds = Dice.Next(2, 9);
            _world.Scheduler.Post(_world.Outside, () => _ = person.RunAsync(deeds));
        }
    }

    public Mode AMode() => Dice.Next(12) switch
    {
        < 5 => Mode.Live, < 7 => Mode.Capture, < 9 => Mode.Hold, < 11 => Mode.Redirect, _ => Mode.Discard,
    };

    public Configured Configure()
    {
        var rules = Rule.All(AMode);
        Dice.Shuffle(rules);
        return new Configured(AMode(), rules[..Dice.Next(4)],
            Dice.Next(8) == 0 ? null : new Redirection(new ForwardPath(Mailbox), Tag));
    }

    /// <summary>To be called before the wall clock is set.</summary>
    public DateTimeOffset LookAtClock()
    {
        var now = _world.Time.GetUtcNow();
        _latest = now > _latest ? now : _latest;
        return now;
    }

    /// <summary>A person writes the configuration anew; what runs has not read it yet.</summary>
    public void Edit(Configured fresh)
    {
        Configured = fresh;
        Asking(book => book with { Configured = fresh });
    }

    /// <summary>From now on it may hold.</summary>
    public void Asking(Func<Rulebook, Rulebook> change) => _may = [.. _may, .. _may.Select(change)];

    /// <summary>From now on it holds.</summary>
    public void Told(Func<Rulebook, Rulebook> change) => _may = [.. _may.Select(change)];

    /// <summary>It does not hold, and never did.</summary>
    public void Refused(IReadOnlyList<Rulebook> before) => _may = [.. before];

    public IReadOnlyList<Rulebook> May => _may;

    /// <summary>A life has read what was kept: that is what was answered, and of the rest some.</summary>
    public void Begins(int life, IReadOnlyList<ModeOverride> said, IReadOnlyList<Storm> storms)
    {
        var kept = said.Select(one => one.Reason).ToList();
        _leases.Clear();
        var fits = _may.Select(book => book with { Configured = Configured }).Where(book => IsKept(book, kept))
            .ToList();
        if (fits.Count == 0)
            _world.Violation($"life {life} knows of {Names(kept)}, and there was said: "
                + string.Join(" or ", _may.Select(book => Names(book.Said.Select(one => one.Written.Reason)))));
        else
            _may = [.. fits.DistinctBy(book => Names(book.Said.Select(one => one.Written.Reason)))];
        foreach (var (number, source) in _storms)
            if (!storms.Any(one => one.Number == number && one.Source == source))
                _world.Violation($"storm {number} of {source} is forgotten in life {life}, and its mail was held");
    }

    /// <summary>What may hold for a lease: of the moment at which it came.</summary>
    public IReadOnlyList<Rulebook> At(Lease lease)
    {
        var key = (lease.Id, lease.Lane);
        if (!_leases.TryGetValue(key, out var known) || !ReferenceEquals(known.Lease, lease))
            _leases[key] = known = (lease, _may);
        return known.May;
    }

    public IReadOnlySet<Mode> Modes(IReadOnlyList<Rulebook> may, Letter mail, string to, DateTimeOffset since)
    {
        var now = LookAtClock();
        return may.SelectMany(book => book.Expect(mail, to, word => Holds(word, since, now))).ToHashSet();
    }

    public void Judged(MailId mail, string to, Judgement judged)
    {
        var key = (judged.Life, mail, to);
        if (!_judged.TryGetValue(key, out var all))
            _judged[key] = all = [];
        all.Add(judged);
        if (judged.Kept is { } rule && rule.StartsWith("storm ", StringComparison.Ordinal))
            _storms[int.Parse(rule.Split(' ', ':')[1])] = Burst.Source;
    }

    /// <summary>The last that was decided of a recipient before a moment, by a life or by any.</summary>
    public Judgement? Last(MailId mail, string to, int? life = null, long before = long.MaxValue) =>
        Enumerable.Range(1, _world.LifeNumber).Where(n => life is null || n == life)
            .SelectMany(n => _judged.GetValueOrDefault((n, mail, to)) ?? [])
            .LastOrDefault(one => one.At <= before);

    public bool WasKept(MailId mail, string to) => Enumerable.Range(1, _world.LifeNumber)
        .Any(n => _judged.TryGetValue((n, mail, to), out var all) && all.Exists(one => one.Kept is not null));

    /// <summary>Reads what is captured, so that it can be held against what was sent.</summary>
    public async Task LookAsync(ISpool spool)
    {
        await spool.Index.CaughtUpAsync(CancellationToken.None);
        Found.Clear();
        foreach (var row in spool.Index.FindAll(Filter.All, 500).SelectMany(page => page))
            if (row.State is State.Captured or State.Held && !Found.ContainsKey(row.Mail)
                && spool.Index.Content(row.Mail) is { } content)
            {
                var octets = new byte[content.Length];
                var read = 0;
                while (read < octets.Length
                    && await content.ReadAsync(read, octets.AsMemory(read), CancellationToken.None) is > 0 and var more)
                    read += more;
                Found[row.Mail] = octets;
            }
    }

    private bool IsKept(Rulebook book, List<string> kept)
    {
        var now = LookAtClock();
        var should = book.Said.Where(word => kept.Contains(word.Written.Reason)
            || Holds(word, now, now) == Holding.Yes).Select(word => word.Written.Reason);
        return should.SequenceEqual(kept);
    }

    private Holding Holds(Word word, DateTimeOffset since, DateTimeOffset now) =>
        word.Written.Until is not { } until || _latest < until ? Holding.Yes
        : since >= until && now >= until ? Holding.No : Holding.Perhaps;

    private static string Names(IEnumerable<string> reasons) => $"({string.Join(", ", reasons)})";
}

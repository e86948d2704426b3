using System.Diagnostics;
using System.Globalization;
using System.Text;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>One arrival of a letter at the next hop.</summary>
/// <param name="Id">The relay's id for it, as in its Received field.</param>
/// <param name="Connection">The connection it came on.</param>
/// <param name="Place">How many mails had come on that connection before it.</param>
/// <param name="At">When, by <see cref="Stopwatch.GetTimestamp"/>.</param>
internal sealed record Copy(string Id, HopConnection Connection, int Place, long At);

/// <summary>A letter that came more than once, and the copy that was not the last.</summary>
internal sealed record Doubled(int Number, string Id, Copy Early);

/// <summary>
/// What was handed over and acknowledged, and what arrived: kept by the tests, outside of what they kill.
/// </summary>
/// <param name="letters">What is sent.</param>
/// <param name="isStrict">What arrives must be what was sent, with fields in front (promise 8).</param>
internal sealed class Book(Letters letters, bool isStrict = true)
{
    private readonly Lock _gate = new();
    private readonly List<Page> _pages = [];
    private readonly List<(int Number, long At)> _arrivals = [];
    private readonly List<string> _wrong = [];
    private int _acknowledged, _refused, _arrived, _missing;

    private sealed class Page
    {
        public string? Id;
        public Copy? First;
        public List<Copy>? More;

        public IEnumerable<Copy> Copies => First is null ? [] : [First, .. More ?? []];
    }

    /// <summary>Letters that got their 250.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Arrivals, each copy counted.</summary>
    public int Arrived => Volatile.Read(ref _arrived);

    /// <summary>Acknowledged and not here yet.</summary>
    public int Missing => Volatile.Read(ref _missing);

    /// <summary>Letters begun.</summary>
    public int Begun
    {
        get
        {
            lock (_gate)
                return _pages.Count;
        }
    }

    /// <summary>What arrived and should not have: torn, changed, never sent.</summary>
    public IReadOnlyList<string> Wrong
    {
        get
        {
            lock (_gate)
                return [.. _wrong];
        }
    }

    /// <summary>The next letter.</summary>
    public (int Number, byte[] Mail) Begin()
    {
        int number;
        lock (_gate)
        {
            number = _pages.Count;
            _pages.Add(new Page());
        }
        return (number, letters.Of(number));
    }

    /// <summary>The relay answered the end of a letter.</summary>
    public void Answered(int number, string reply)
    {
        lock (_gate)
        {
            if (!reply.StartsWith("250", StringComparison.Ordinal))
            {
                _refused++;
                return;
            }
            var page = _pages[number];
            page.Id = reply[(reply.LastIndexOf(' ') + 1)..];
            _acknowledged++;
            if (page.First is null)
                _missing++;
        }
    }

    /// <summary>A mail is at the next hop.</summary>
    public void Took(ReadOnlySpan<byte> mail, HopConnection connection)
    {
        var number = Letters.NumberOf(mail);
        var id = IdOf(mail);
        var wrong = number is null ? $"no letter: {Encoding.Latin1.GetString(mail[..Math.Min(400, mail.Length)])}"
            : isStrict ? Difference(mail, letters.Of(number.Value), number.Value) : null;
        lock (_gate)
        {
            var copy = new Copy(id, connection, connection.Taken++, Stopwatch.GetTimestamp());
            _arrived++;
            if (wrong is null && number >= _pages.Count)
                wrong = $"letter {number} was never sent";
            if (wrong is not null)
            {
                _wrong.Add(wrong);
                return;
            }
            var page = _pages[number!.Value];
            _arrivals.Add((number.Value, copy.At));
            if (page.First is not null)
                (page.More ??= []).Add(copy);
            else
            {
                page.First = copy;
                if (page.Id is not null)
                    _missing--;
            }
        }
    }

    /// <summary>True if a letter below that number, so an old one, came after a moment.</summary>
    public bool HasArrivedSince(int below, long moment)
    {
        lock (_gate)
        {
            for (var i = _arrivals.Count - 1; i >= 0 && _arrivals[i].At >= moment; i--)
                if (_arrivals[i].Number < below)
                    return true;
            return false;
        }
    }

    /// <summary>Waits until everything acknowledged is here; it has failed when nothing comes any more.</summary>
    public async Task AllHereAsync(Func<string> told)
    {
        var since = Stopwatch.StartNew();
        for (var before = Arrived; Missing > 0; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            if (Arrived != before)
                (before, since) = (Arrived, Stopwatch.StartNew());
            Assert.True(since.Elapsed < Shell.Limit, $"{Missing} of {Acknowledged} acknowledged mails are lost: "
                + $"{string.Join(", ", Lost().Take(20))}\n{told()}");
        }
    }

    /// <summary>Ids of what was acknowledged and is not here.</summary>
    public IReadOnlyList<string> Lost()
    {
        lock (_gate)
            return [.. _pages.Where(p => p.Id is not null && p.First is null).Select(p => p.Id!)];
    }

    /// <summary>Of all that was acknowledged.</summary>
    public IReadOnlySet<string> Ids()
    {
        lock (_gate)
            return _pages.Select(p => p.Id).OfType<string>().ToHashSet();
    }

    /// <summary>Everything that came more than once, a line for each copy but the last.</summary>
    public IReadOnlyList<Doubled> Doubled()
    {
        lock (_gate)
            return [.. from entry in _pages.Index()
                       where entry.Item.More is not null
                       let inOrder = entry.Item.Copies.OrderBy(c => c.At).ToList()
                       from early in inOrder.SkipLast(1)
                       select new Doubled(entry.Index, early.Id, early)];
    }

    /// <summary>Letters that did not travel under the id of their 250, or under two.</summary>
    public IReadOnlyList<string> Misnamed()
    {
        lock (_gate)
            return [.. from entry in _pages.Index()
                       let ids = entry.Item.Copies.Select(c => c.Id).Append(entry.Item.Id).OfType<string>().Distinct()
                       where ids.Count() > 1
                       select $"letter {entry.Index}: {string.Join(", ", ids)}"];
    }

    /// <summary>Of these ids, those that arrived after a moment.</summary>
    public IReadOnlyList<string> Since(long moment, IReadOnlySet<string> ids)
    {
        lock (_gate)
            return [.. _pages.SelectMany(p => p.Copies).Where(c => c.At > moment && ids.Contains(c.Id))
                .Select(c => c.Id)];
    }

    private static string? Difference(ReadOnlySpan<byte> arrived, byte[] sent, int number) =>
        !arrived.EndsWith(sent) ? string.Create(CultureInfo.InvariantCulture,
            $"letter {number} has {arrived.Length} octets and does not end in the {sent.Length} that were sent")
        : !arrived.StartsWith("Received: "u8) || !arrived[..^sent.Length].EndsWith("\r\n"u8)
            ? $"letter {number} has something else than fields in front"
        : null;

    // "… with ESMTP id 06AMCZHCB0000", as the trace block says it.
    private static string IdOf(ReadOnlySpan<byte> mail)
    {
        var at = mail.IndexOf(" id "u8);
        if (at < 0)
            return "";
        var rest = mail[(at + 4)..];
        var end = rest.IndexOfAny("\r\n; "u8);
        return Encoding.ASCII.GetString(end < 0 ? rest : rest[..end]);
    }
}

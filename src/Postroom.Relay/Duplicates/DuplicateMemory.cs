using System.Runtime.InteropServices;
using Postroom.Mail;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Duplicates;

/// <summary>What was handed over of late, by what makes two sendings the same. Bounded in time and in number.</summary>
internal sealed class DuplicateMemory
{
    /// <summary>
    /// The most sendings of one mail. An application that did not hear the answer sends again a few times, Jira eleven;
    /// one that sends the same more often within the window means it, and is left alone.
    /// </summary>
    public const int MostOfOne = 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, List<Sending>> _known = [];
    private readonly Dictionary<MailId, Sending[]> _pending = [];
    private readonly Queue<Sending> _order = new();

    public int Count
    {
        get
        {
            lock (_gate)
                return _order.Count;
        }
    }

    /// <summary>A mail is on its way in: it counts once it has its answer.</summary>
    public void Offer(Sending[] mail, DuplicateSettings settings)
    {
        var pending = Promise.New();
        foreach (var sending in mail)
            sending.Pending = pending;
        lock (_gate)
        {
            _pending[mail[0].Mail] = mail;
            foreach (var sending in mail)
                Add(sending, settings);
        }
    }

    /// <summary>It has its answer.</summary>
    /// <returns>What may be a repetition, now that this counts.</returns>
    public IReadOnlyList<Sending> Answer(MailId id, bool isAccepted)
    {
        lock (_gate)
        {
            if (!_pending.Remove(id, out var mail))
                return [];
            var pending = mail[0].Pending!;
            foreach (var sending in mail)
            {
                sending.Pending = null;
                if (!isAccepted)
                    Remove(sending);
            }

            pending.TrySetResult();
            return isAccepted ? Repeated(mail) : [];
        }
    }

    /// <summary>A mail of the life before.</summary>
    public IReadOnlyList<Sending> Recall(Sending[] mail, DuplicateSettings settings)
    {
        lock (_gate)
        {
            foreach (var sending in mail)
                Add(sending, settings);
            return Repeated(mail);
        }
    }

    /// <summary>The same sent earlier, within the window; the first of them first.</summary>
    public IReadOnlyList<Sending> Earlier(Sending than, TimeSpan window)
    {
        lock (_gate)
            return _known.TryGetValue(than.Key, out var same) && same.Exists(one => one.Mail == than.Mail)
                ? same.FindAll(one => one.Mail < than.Mail && than.Mail.At - one.Mail.At <= window) : [];
    }

    /// <summary>Whether a sending is remembered.</summary>
    public bool Knows(Sending sending)
    {
        lock (_gate)
            return _known.TryGetValue(sending.Key, out var same) && same.Exists(one => one.Mail == sending.Mail);
    }

    /// <summary>It came to nothing: what comes after it is no repetition of it.</summary>
    public void Forget(Sending sending)
    {
        lock (_gate)
            Remove(sending);
    }

    public void Clear()
    {
        lock (_gate)
        {
            _known.Clear();
            _order.Clear();
        }
    }

    // Itself, and what came later but had its answer sooner.
    private List<Sending> Repeated(Sending[] mail)
    {
        var repeated = new List<Sending>(0);
        foreach (var sending in mail)
            if (_known.TryGetValue(sending.Key, out var same) && same.Count > 1)
                repeated.AddRange(same.Skip(1).Where(one => one.Mail >= sending.Mail && one.Pending is null));
        return repeated;
    }

    private void Add(Sending sending, DuplicateSettings settings)
    {
        while (_order.TryPeek(out var oldest)
            && (_order.Count >= settings.Most || sending.Mail.At - oldest.Mail.At > settings.Window))
            Remove(_order.Dequeue());
        ref var same = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, sending.Key, out _);
        same ??= new List<Sending>(1);
        if (same.Count >= MostOfOne)
            return;

        // Two connections at once may come here the other way round.
        var at = same.FindLastIndex(one => one.Mail < sending.Mail) + 1;
        same.Insert(at, sending);
        _order.Enqueue(sending);
    }

    private void Remove(Sending sending)
    {
        if (!_known.TryGetValue(sending.Key, out var same) || !same.Remove(sending))
            return;
        if (same.Count == 0)
            _known.Remove(sending.Key);
    }
}

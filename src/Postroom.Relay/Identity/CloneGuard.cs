using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Identity;

/// <summary>Keeps a copy of this installation from mailing anybody.</summary>
/// <param name="file">On which machine it is live; in the data folder.</param>
/// <remarks>
/// <list type="number">
/// <item><see cref="WeighAsync"/> before the first mail is accepted, and at each change of configuration: at home, or
/// foreign. The first time that it is live at home, it is bound.</item>
/// <item>Where it is foreign, the border between the mail it came with and its own is durable before any of its own
/// comes.</item>
/// <item><see cref="JudgeAsync"/> at each try.</item>
/// <item><see cref="Confirm"/>: a person says that it is at home here.</item>
/// </list>
/// What cannot be written holds in memory, and is found again at the next start.
/// </remarks>
public sealed class CloneGuard(string file, ISpool spool, TimeProvider time, ILogger log)
{
    private readonly Lock _gate = new();
    private Binding _kept = new();
    private volatile Standing _standing = new(new Machine(""), null, []);

    /// <summary>Where it stands.</summary>
    public Standing Standing => _standing;

    /// <summary>What the data folder says.</summary>
    public Binding Binding
    {
        get
        {
            lock (_gate)
                return _kept;
        }
    }

    /// <summary>Weighs the machine against what is kept.</summary>
    /// <param name="liveOn">Of the configuration.</param>
    /// <param name="isLive">The mode is one that sends: at home, it is bound.</param>
    /// <exception cref="IOException">What is kept could not be read: it stands as it stood.</exception>
    public async Task WeighAsync(Machine here, string? liveOn, bool isLive)
    {
        var (kept, trouble) = BindingFile.Read(file);
        if (trouble is not null)
            IdentityLog.NotRead(log, file, trouble);
        var standing = Standing.Weigh(here, kept, liveOn);
        var after = kept;
        if (standing.IsForeign)
        {
            if (kept.Seen is not { } seen || seen.To != here.Name || seen.From != standing.LiveOn)
                after = kept with { Seen = new Border(await NextIdAsync(), standing.LiveOn ?? "", here.Name) };
        }
        else
        {
            if (kept.Machine is null && isLive)
                after = after with { Machine = here, At = time.GetUtcNow() };
            else if (kept.Machine is not null && !here.IsKeptAs(kept.Machine))
                after = after with { Machine = here }; // a card was added, or an identity given
            after = after with { Seen = null };
            standing = standing with { LiveOn = after.Machine?.Name };
        }

        Take(standing, after, trouble is not null || after != kept);
        if (standing.IsForeign)
            IdentityLog.Foreign(log, standing.Why);
        else if (kept.Machine is null && after.Machine is not null)
            IdentityLog.Bound(log, here.Name);
    }

    /// <summary>What is to become of a recipient before anything else is asked; null: nothing is in the way.</summary>
    public async ValueTask<Keeping?> JudgeAsync(Lease lease, LeasedRecipient to)
    {
        var (standing, kept) = (_standing, Binding);
        var isReleased = kept.Moved is { } moved && !standing.IsForeign && lease.Id < moved.Before
            && await IsReleasedAsync(lease.Id, to.Index, moved);
        return standing.Judge(lease.Id, kept, _ => isReleased);
    }

    /// <summary>A person says that the installation is at home here.</summary>
    /// <exception cref="IOException">It cannot be written: nothing has changed.</exception>
    public void Confirm(string who, string? liveOn)
    {
        var here = _standing.Here;
        Binding after;
        lock (_gate)
            after = new Binding
            {
                Machine = here,
                At = time.GetUtcNow(),
                By = who,
                Moved = _kept.Seen ?? _kept.Moved,
                Overruled = liveOn is null || here.IsCalled(liveOn) ? null : liveOn,
            };
        BindingFile.Write(file, after);
        lock (_gate)
            _kept = after;
        _standing = new Standing(here, here.Name, []);
        IdentityLog.Confirmed(log, here.Name, who);
    }

    private void Take(Standing standing, Binding after, bool isChanged)
    {
        lock (_gate)
            _kept = after;
        _standing = standing;
        if (!isChanged)
            return;
        try
        {
            BindingFile.Write(file, after);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            IdentityLog.NotKept(log, file, e.Message);
        }
    }

    // The first that this machine can give; of a clock that is behind the other machine's too.
    private async Task<MailId> NextIdAsync()
    {
        await spool.Index.CaughtUpAsync(CancellationToken.None);
        var newest = spool.Index.Find(Filter.All, null, 1).Rows is [var row, ..] ? row.Mail : default;
        return MailId.After(newest, time.GetUtcNow());
    }

    // By the words it was held with: a release on the other machine, before, is none here.
    private async ValueTask<bool> IsReleasedAsync(MailId mail, int recipient, Border border)
    {
        try
        {
            await spool.Index.CaughtUpAsync(CancellationToken.None);
            var (wasHeld, isReleased) = (false, false);
            foreach (var happened in spool.Index.Show(mail)?.Trail ?? [])
                if (happened.Recipient is null || happened.Recipient == recipient)
                    (wasHeld, isReleased) = happened.Kind switch
                    {
                        EventKind.Held => (wasHeld || happened.Text == border.Rule, false),
                        EventKind.Released => (wasHeld, wasHeld),
                        _ => (wasHeld, isReleased),
                    };
            return isReleased;
        }
        catch (Exception e) when (e is not (OutOfMemoryException or SpoolFailedException))
        {
            IdentityLog.NotLookedUp(log, mail.ToString(), e.Message);
            return false; // held once more is better than sent from the wrong machine
        }
    }
}

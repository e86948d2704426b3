using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Suppression;

/// <summary>Finds addresses that are dead, by what became of the mails to them.</summary>
/// <remarks>It keeps no count of its own: the record of the mails is the count, whatever was restarted or rebuilt in
/// between.</remarks>
public sealed class SuppressionWatch : IDisposable
{
    // Failures that wait to be looked at; of a flood of them some will fail again.
    private const int MostWaiting = 10_000;

    // Of one address; more would not change the answer, but for a rule that asks for more.
    private const int MostRead = 200;

    private readonly SuppressionList _list;
    private readonly ISpool _spool;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly IDisposable _watching;
    private readonly Channel<(MailId Mail, int Recipient)> _failed =
        Channel.CreateBounded<(MailId Mail, int Recipient)>(
            new BoundedChannelOptions(MostWaiting)
            {
                FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true,
            });

    private volatile SuppressionSettings _settings;

    public SuppressionWatch(
        SuppressionSettings settings, SuppressionList list, ISpool spool, TimeProvider time, ILogger log)
    {
        (_settings, _list, _spool, _time, _log) = (settings, list, spool, time, log);
        _watching = spool.Index.Watch(Told);
    }

    /// <summary>Goes on by other settings.</summary>
    public void Use(SuppressionSettings settings) => _settings = settings;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            await foreach (var (mail, recipient) in _failed.Reader.ReadAllAsync(cancel))
                Judge(mail, recipient);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            _watching.Dispose(); // what waited is found by the next failure
        }
    }

    public void Dispose() => _watching.Dispose();

    private void Told(IReadOnlyList<TrailEvent> events)
    {
        foreach (var happened in events)
            if (happened is { Kind: EventKind.Failed, Mail: { } mail, Recipient: { } recipient, Failure: { } failure }
                && DeadAddress.IsGone(failure))
                _failed.Writer.TryWrite((mail, recipient));
    }

    private void Judge(MailId mail, int recipient)
    {
        try
        {
            if (_settings is { Learns: true, Rule: var rule } && _spool.Index.Show(mail) is { } record
                && record.Recipients.FirstOrDefault(one => one.Recipient == recipient) is { To: var address }
                && _list.Find(address) is null)
                Judge(record, address, rule);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            SuppressionLog.NotJudged(_log, mail.ToString(), e.Message);
        }
    }

    private void Judge(MailRecord last, string address, DeadAddressRule rule)
    {
        if (DeadAddress.Count(FatesOf(address), rule, _list.CountsSince(address)) is not { } failures)
            return;
        var now = _time.GetUtcNow();
        var times = _list.Known(address) is { Who: null } before ? before.Times + 1 : 0;
        var row = last.Recipients.First(one => one.To == address);
        var (until, reason) = (now + rule.Length(times), row.Last ?? "refused for good");
        _list.Add(
        [
            new SuppressedAddress(address, now, until, reason, Who: null)
            {
                Failures = failures, Times = times, App = row.App, Item = row.Item,
            },
        ]);
        SuppressionLog.FoundDead(_log, address, until, failures, reason);
        _spool.Note(new TrailEvent(now, EventKind.SuppressionChanged, null, null)
        {
            Text = string.Create(CultureInfo.InvariantCulture, $"{address} suppressed until {until:yyyy-MM-dd}: "
                + $"{failures} mails in a row failed, the last with {reason}"),
        });
    }

    private IEnumerable<AddressFate> FatesOf(string address)
    {
        var filter = new Filter([new Term(Field.To, address)]);
        var seen = new HashSet<MailId>();
        foreach (var row in _spool.Index.Find(filter, null, MostRead).Rows)
        {
            if (!string.Equals(row.To, address, StringComparison.OrdinalIgnoreCase) || !seen.Add(row.Mail))
                continue;
            if (row.State == State.Delivered)
                yield return new AddressFate(row.AcceptedAt, null);
            else if (row.State == State.Failed && FailureOf(row) is { } failed)
                yield return failed;
        }
    }

    private AddressFate? FailureOf(RecipientRow row) =>
        _spool.Index.Show(row.Mail)?.Trail.LastOrDefault(one => one.Kind == EventKind.Failed
            && one.Recipient == row.Recipient) is { Failure: { } failure } failed
            ? new AddressFate(failed.At, failure)
            : null;
}

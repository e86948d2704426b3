using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Reads the ledger on connections of its own, beside the writer, and when the service is down.</summary>
/// <remarks>May be called from any thread at any time; every call sees one committed state.</remarks>
public interface ISpoolIndexReader : IDisposable
{
    /// <inheritdoc cref="ISpoolIndex.Find"/>
    FoundPage Find(Filter filter, Cursor? after, int most);

    /// <inheritdoc cref="ISpoolIndex.FindAndCount"/>
    (FoundPage Page, FoundCount Count) FindAndCount(Filter filter, Cursor? after, int most, TimeSpan? patience);

    /// <inheritdoc cref="ISpoolIndex.Count"/>
    FoundCount Count(Filter filter);

    /// <summary>How many recipients are in each state of each lane: kept with every change, not counted.</summary>
    IReadOnlyList<(string Lane, State State, long Count)> Counts();

    /// <summary>Everything about one mail; null if there is none of that id.</summary>
    MailRecord? Show(MailId id);

    /// <inheritdoc cref="ISpoolIndex.Forgotten"/>
    ForgottenNote? Forgotten(MailId id);

    /// <inheritdoc cref="ISpoolIndex.FindKey"/>
    MailId? FindKey(string source, string key);

    /// <inheritdoc cref="ISpoolIndex.Boxes"/>
    BoxList Boxes();

    /// <inheritdoc cref="ISpoolIndex.Printed"/>
    IReadOnlyList<PrintedMail> Printed(DateTimeOffset since, int most);

    /// <summary>What is needed to send a mail; null if there is none of that id.</summary>
    AcceptedRow? Accepted(MailId id);

    /// <summary>The newest events of the relay itself, oldest first.</summary>
    IReadOnlyList<TrailEvent> RelayEvents(int most);
}

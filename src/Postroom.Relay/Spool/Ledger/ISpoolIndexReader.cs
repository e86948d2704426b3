using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Reads the ledger on connections of its own, beside the writer, and when the service is down.</summary>
/// <remarks>May be called from any thread at any time; every call sees one committed state.</remarks>
public interface ISpoolIndexReader : IDisposable
{
    /// <summary>A page of recipients that match: newest mail first, recipients in the order of the envelope.</summary>
    /// <param name="most">1 to 1,000.</param>
    IReadOnlyList<RecipientRow> Find(Filter filter, Cursor? after, int most);

    /// <summary>How many recipients are in each state, of those that match; states without any are left out.</summary>
    IReadOnlyDictionary<State, long> Count(Filter filter);

    /// <summary>Everything about one mail; null if there is none of that id.</summary>
    MailRecord? Show(MailId id);

    /// <summary>What is needed to send a mail; null if there is none of that id.</summary>
    AcceptedRow? Accepted(MailId id);

    /// <summary>The newest events of the relay itself, oldest first.</summary>
    IReadOnlyList<TrailEvent> RelayEvents(int most);
}

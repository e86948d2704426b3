using Postroom.Mail.Audit;

namespace Postroom.Relay.Spool.Journal.Forget;

/// <summary>A record without what is forgotten of it.</summary>
/// <remarks>
/// <see cref="Forgotten"/> says the same of the rows of the ledger: what the journal still tells after a reduction, and
/// is then forgotten again, leads to the rows that forgetting alone leads to.
/// </remarks>
internal static class Reduction
{
    /// <summary>The record itself where nothing of it goes, and a <see cref="GoneRecord"/> where all of it
    /// does.</summary>
    public static JournalRecord Of(JournalRecord record, ForgottenMails forgotten) => record switch
    {
        AcceptedRecord accepted when forgotten.Mails.TryGetValue(accepted.Id, out var how) => Of(accepted, how),
        SettledRecord settled when forgotten.Mails.TryGetValue(settled.Id, out var how) => Of(settled, how),
        RevokedRecord revoked when IsWhole(revoked.Id, forgotten) => new GoneRecord(Mail: null),
        NotedRecord noted => Of(noted, forgotten),
        DirectedRecord directed => Of(directed, forgotten),
        _ => record,
    };

    private static JournalRecord Of(AcceptedRecord accepted, Forgotten how)
    {
        if (how.What == Forgetting.Mail)
            return new GoneRecord(accepted.Id);
        if (how.What != Forgetting.Recipient || how.Recipients.All(n => IsForgotten(accepted, n)))
            return accepted;
        var recipients = accepted.Envelope.Recipients.ToArray();
        foreach (var n in how.Recipients)
            if (n < recipients.Length)
                recipients[n] = new(new(Forgotten.Address), recipients[n].Notify);
        return accepted with { Envelope = accepted.Envelope with { Recipients = recipients } };
    }

    private static bool IsForgotten(AcceptedRecord accepted, int n) => n >= accepted.Envelope.Recipients.Count
        || accepted.Envelope.Recipients[n].Path.Address == Forgotten.Address;

    private static JournalRecord Of(SettledRecord settled, Forgotten how)
    {
        if (how.What == Forgetting.Mail)
            return new GoneRecord(Mail: null);
        if (settled.At > how.At)
            return settled;
        var events = new List<TrailEvent>();
        foreach (var happened in settled.Events)
            if (how.Of(happened) is { } bones)
                events.Add(bones);
        var verdicts = settled.Verdicts.Select(how.Of).ToArray();
        return settled.Attempt is null && events.SequenceEqual(settled.Events)
            && verdicts.SequenceEqual(settled.Verdicts)
            ? settled
            : settled with { Attempt = null, Events = events, Verdicts = verdicts };
    }

    private static JournalRecord Of(NotedRecord noted, ForgottenMails forgotten)
    {
        var happened = noted.Event;
        if (happened.Mail is not { } id)
            return forgotten.Events.Contains(new EventName(happened.At, happened.Kind))
                && happened is not { Who: null, Text: null }
                ? new NotedRecord(happened with { Who = null, Text = null }) : noted;
        if (!forgotten.Mails.TryGetValue(id, out var how))
            return noted;
        if (how.What != Forgetting.Mail && happened.At > how.At)
            return noted;
        if (how.What == Forgetting.Mail || how.Of(happened) is not { } bones)
            return new GoneRecord(Mail: null);
        return bones == happened ? noted : new NotedRecord(bones);
    }

    // What a person did to several mails goes with the last of them.
    private static JournalRecord Of(DirectedRecord directed, ForgottenMails forgotten)
    {
        if (directed.Targets.All(target => IsWhole(target.Mail, forgotten)))
            return new GoneRecord(Mail: null);
        return directed is { Who: "", Why: null } || !directed.Targets.All(target =>
                forgotten.Mails.TryGetValue(target.Mail, out var how) && directed.At <= how.At)
            ? directed
            : directed with { Who = "", Why = null };
    }

    private static bool IsWhole(Postroom.Mail.MailId id, ForgottenMails forgotten) =>
        forgotten.Mails.TryGetValue(id, out var how) && how.What == Forgetting.Mail;
}

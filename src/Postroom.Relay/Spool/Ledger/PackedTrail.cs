using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Events in few octets: which members are there, then those.</summary>
internal static class PackedTrail
{
    [Flags]
    private enum Has
    {
        None = 0, Recipient = 1, Who = 2, Lane = 4, Reply = 8, Failure = 16, Text = 32, NextDue = 64, Attempt = 128,
        Mail = 256,
    }

    /// <param name="of">The mail whose trail it goes to; only another one is written down.</param>
    public static void Write(Packer into, TrailEvent happened, MailId? of)
    {
        var has = Members(happened, of);
        into.Number((long)happened.Kind);
        into.Number((long)has);
        into.Instant(happened.At);
        if (has.HasFlag(Has.Mail))
            into.Number(happened.Mail!.Value.Value);
        if (happened.Recipient is { } recipient)
            into.Number(recipient);
        WriteIfAny(into, happened.Who);
        WriteIfAny(into, happened.Lane);
        WriteIfAny(into, happened.Reply);
        if (happened.Failure is { } failure)
            Write(into, failure);
        WriteIfAny(into, happened.Text);
        if (happened.NextDue is { } due)
            into.Instant(due);
        if (happened.Attempt is { } attempt)
            Write(into, attempt);
    }

    public static TrailEvent Read(ref Unpacker from, MailId? of)
    {
        var kind = (EventKind)from.Number();
        var has = (Has)from.Number();
        var at = from.Instant();
        var mail = has.HasFlag(Has.Mail) ? new MailId(from.Number()) : of;
        int? recipient = has.HasFlag(Has.Recipient) ? from.Int() : null;
        return new TrailEvent(at, kind, mail, recipient)
        {
            Who = has.HasFlag(Has.Who) ? from.Text() : null,
            Lane = has.HasFlag(Has.Lane) ? from.Text() : null,
            Reply = has.HasFlag(Has.Reply) ? from.Text() : null,
            Failure = has.HasFlag(Has.Failure) ? ReadFailure(ref from) : null,
            Text = has.HasFlag(Has.Text) ? from.Text() : null,
            NextDue = has.HasFlag(Has.NextDue) ? from.Instant() : null,
            Attempt = has.HasFlag(Has.Attempt) ? ReadAttempt(ref from) : null,
        };
    }

    /// <summary>All that were written one behind the other.</summary>
    public static void ReadAll(ReadOnlySpan<byte> packed, MailId? of, List<TrailEvent> into)
    {
        for (var from = new Unpacker(packed); !from.AtEnd;)
            into.Add(Read(ref from, of));
    }

    private static Has Members(TrailEvent happened, MailId? of) =>
        (happened.Mail is not null && happened.Mail != of ? Has.Mail : Has.None)
        | (happened.Recipient is null ? Has.None : Has.Recipient)
        | (happened.Who is null ? Has.None : Has.Who)
        | (happened.Lane is null ? Has.None : Has.Lane)
        | (happened.Reply is null ? Has.None : Has.Reply)
        | (happened.Failure is null ? Has.None : Has.Failure)
        | (happened.Text is null ? Has.None : Has.Text)
        | (happened.NextDue is null ? Has.None : Has.NextDue)
        | (happened.Attempt is null ? Has.None : Has.Attempt);

    private static void WriteIfAny(Packer into, string? text)
    {
        if (text is not null)
            into.Text(text);
    }

    private static void Write(Packer into, Failure failure)
    {
        into.Number((long)failure.Fault);
        into.Number(failure.Status.Class);
        into.Number(failure.Status.Subject);
        into.Number(failure.Status.Detail);
        into.Text(failure.Diagnostic);
        into.Text(failure.RemoteMta);
    }

    private static Failure ReadFailure(ref Unpacker from)
    {
        var fault = (Fault)from.Number();
        var (@class, subject, detail) = (from.Int(), from.Int(), from.Int());
        return new Failure(fault, new EnhancedStatus(@class, subject, detail), from.Text() ?? "", from.Text());
    }

    private static void Write(Packer into, AttemptFacts attempt)
    {
        into.Text(attempt.Remote);
        into.Text(attempt.Greeting);
        into.Text(attempt.Tls);
        into.Number(attempt.Reused ? 1 : 0);
        into.Number(attempt.Steps.Count);
        foreach (var step in attempt.Steps)
        {
            into.Text(step.Name);
            into.Real(step.Milliseconds);
        }

        into.Text(attempt.Transcript);
    }

    private static AttemptFacts ReadAttempt(ref Unpacker from)
    {
        var (remote, greeting, tls, reused) = (from.Text(), from.Text(), from.Text(), from.Number() == 1);
        var steps = new Step[from.Int()];
        for (var i = 0; i < steps.Length; i++)
            steps[i] = new Step(from.Text() ?? "", from.Real());
        return new AttemptFacts(remote, greeting, tls, reused, steps, from.Text());
    }
}

using Postroom.Mail;
using Postroom.Mail.Message;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Queue;

/// <summary>
/// One copy of a mail for a mailbox of the sandbox, in the place of all those whom it was for.
/// </summary>
/// <remarks>
/// It is sent from the mailbox to the mailbox: what a next hop may have to report about it goes there and to nobody
/// outside. What it says of the true recipients stands in the mail; nothing of them in the envelope, ORCPT too.
/// </remarks>
internal sealed class RedirectedCopy(Lease lease, IReadOnlyList<ClearedRecipient> instead, Redirection mailbox)
{
    private const int Piece = 16 << 10;

    /// <exception cref="DamagedBodyException">The stored mail is not what was accepted.</exception>
    public async ValueTask<Assignment> AssignmentAsync(CancellationToken cancel)
    {
        var (header, isWhole) = await HeaderAsync(cancel);
        var block = RedirectBlock.Of(
            header.Span, isWhole, [.. instead.Select(to => to.Recipient.Path)], mailbox.Tag);
        var envelope = new Envelope(new ReversePath(mailbox.To.Address), [])
        {
            Body = lease.Envelope.Body,
            SmtpUtf8 = lease.Envelope.SmtpUtf8,
        };
        var to = new ClearedRecipient(
            instead[0].Index, new Recipient(mailbox.To, Notify.Never), instead[0].Clearance);
        return new Assignment(
            envelope, [to], lease.Header, SplicedContent.Of(lease.Content, block), lease.MarkAtWire);
    }

    /// <summary>What was said of the copy was said of all.</summary>
    /// <remarks>A mailbox that is refused says nothing about the recipients that it stands for.</remarks>
    public Outcome OfAll(Outcome one)
    {
        if (one.Results is not [var said])
            return one;
        var failure = said.Failure is { Fault: Fault.Recipient } refused
            ? refused with { Fault = Fault.Message } : said.Failure;
        return new Outcome(
            [.. instead.Select(to => new RecipientResult(to.Index, said.Reply, failure, DsnPassedOn: false))],
            one.Attempt, one.Dispose)
        {
            Damage = one.Damage,
            InDoubt = one.InDoubt,
        };
    }

    private async ValueTask<(ReadOnlyMemory<byte> Header, bool IsWhole)> HeaderAsync(CancellationToken cancel)
    {
        var content = lease.Content;
        var header = new byte[Math.Min(content.Length, Piece)];
        var length = 0;
        while (true)
        {
            while (length < header.Length
                && await content.ReadAsync(length, header.AsMemory(length), cancel) is > 0 and var count)
                length += count;
            if (RedirectBlock.EndOf(header.AsSpan(0, length)) is > 0 and var end)
                return (header.AsMemory(0, end), true);
            if (length < header.Length || length == content.Length || length >= RedirectBlock.MostHeader)
                return (header.AsMemory(0, length), length == content.Length);
            Array.Resize(ref header, (int)Math.Min(content.Length, header.Length * 4L));
        }
    }
}

/// <summary>The octets of a mail with something in front and something put in, and all others as they are.</summary>
internal static class SplicedContent
{
    public static Content Of(MailContent mail, RedirectBlock block)
    {
        var (front, insert, at) = (block.Front, block.Insert, block.At);
        var length = mail.Length + front.Length + insert.Length;
        return new Content(length, InMemory(mail.InMemory, block), ReadAsync);

        async ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancel)
        {
            if (offset < front.Length)
                return Copy(front.AsMemory((int)offset), into);
            offset -= front.Length;
            if (offset < at)
                return await mail.ReadAsync(offset, into[..(int)Math.Min(into.Length, at - offset)], cancel);
            return offset - at < insert.Length
                ? Copy(insert.AsMemory((int)offset - at), into)
                : await mail.ReadAsync(offset - insert.Length, into, cancel);
        }
    }

    private static int Copy(ReadOnlyMemory<byte> from, Memory<byte> into)
    {
        var count = Math.Min(from.Length, into.Length);
        from[..count].CopyTo(into);
        return count;
    }

    // The same pieces, one of them cut in two.
    private static List<ReadOnlyMemory<byte>> InMemory(IReadOnlyList<ReadOnlyMemory<byte>> pieces, RedirectBlock block)
    {
        if (pieces.Count == 0)
            return [];
        List<ReadOnlyMemory<byte>> all = [block.Front];
        var (before, isIn) = (block.At, false);
        foreach (var piece in pieces)
        {
            if (isIn || before > piece.Length)
            {
                all.Add(piece);
                before -= piece.Length;
                continue;
            }

            all.AddRange([piece[..before], block.Insert, piece[before..]]);
            isIn = true;
        }

        all.RemoveAll(piece => piece.IsEmpty);
        return all;
    }
}

using System.Buffers;
using Postroom.Mail;
using Postroom.Mail.Smtp;
using Postroom.Mail.Status;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery;

/// <summary>
/// Writes the transfers of one link, one after the other, in as few writes as the hop's capabilities let it.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>PIPELINING and CHUNKING, a mail of moderate size in memory: MAIL, RCPT, BDAT LAST and the mail in one write,
/// and the next mail behind it without waiting (RFC 2920 §3.1, RFC 3030 §4.2).</item>
/// <item>PIPELINING without CHUNKING: MAIL, RCPT, DATA; at 354 the mail, and behind its final dot the next one's
/// MAIL, RCPT, DATA, as RFC 2920 §3.1 allows.</item>
/// <item>A large mail, or the first one on a connection that was idle for long: its envelope, and once that is
/// answered its content.</item>
/// <item>Neither: command by command.</item>
/// </list>
/// </remarks>
internal sealed class LinkWriter
{
    // What is gathered is written when it reaches this; a mail of usual size goes out in one piece.
    private const int Full = 64 * 1_024;

    private readonly Link _link;
    private readonly SmtpCourier _courier;
    private readonly ArrayBufferWriter<byte> _out = new(8 * 1_024);
    private readonly WritePiece _writeChunk;
    private readonly WritePiece _writeLines;
    private DotWriter _dots = new();

    public LinkWriter(Link link, SmtpCourier courier)
    {
        (_link, _courier) = (link, courier);
        (_writeChunk, _writeLines) = (WriteChunkAsync, WriteLinesAsync);
    }

    private delegate ValueTask WritePiece(Transfer transfer, ReadOnlyMemory<byte> piece, bool isLast);

    /// <summary>Runs until there is nothing left to write.</summary>
    public async Task RunAsync()
    {
        try
        {
            do
            {
                while (_link.Next(out var isBehind) is { } transfer)
                    await SendAsync(transfer, isBehind);
                await FlushAsync();
            }
            while (!_link.TryRest());
            _courier.Rested(_link);
        }
        catch (ConnectionLostException)
        {
            _link.LeaveToReader();
        }
        catch (DamageException damage)
        {
            _link.Break(damage.Failure, closing: false, (damage.Transfer, damage.What));
        }
        catch (Exception bug) when (bug is not (ConnectionLostException or DamageException))
        {
            _link.Break(_courier.Bug(bug), closing: false);
        }
    }

    private async ValueTask SendAsync(Transfer transfer, bool isBehind)
    {
        var transaction = transfer.Transaction!;
        if (transaction.Stage == ClientStage.Done)
        {
            _link.FinishUnsent(transfer);
            return;
        }

        var content = transfer.Assignment.Content;
        if (!_link.Hop.Pipelining)
            await SendStepwiseAsync(transfer, transaction);
        else if (transaction.UsesBdat && content.Length <= _courier.Settings.LargestPipelined
            && (content.InMemory.Count > 0 || content.Length == 0) && !IsStale(isBehind))
            await SendAtOnceAsync(transfer, transaction, isBehind);
        else
            await SendStagedAsync(transfer, transaction, isBehind);
    }

    // Nothing was said for so long that the peer may be about to close.
    private bool IsStale(bool isBehind) => _link.HasCarried && !isBehind &&
        _courier.Time.GetElapsedTime(_link.IdleSince) >= _courier.Settings.TrustIdle;

    private async ValueTask SendAtOnceAsync(Transfer transfer, ClientTransaction transaction, bool isBehind)
    {
        // Behind an unanswered one RSET is needed: should all its recipients be refused, it would still be open, and
        // this mail's recipients would be added to it.
        WriteEnvelope(transfer, transaction, reset: isBehind || _link.NeedsReset);
        transaction.WriteContentCommand(_out);
        await WriteBodyAsync(transfer);
        if (_out.WrittenCount > Full || !_link.HasNext)
            await FlushAsync();
    }

    private async ValueTask SendStagedAsync(Transfer transfer, ClientTransaction transaction, bool isBehind)
    {
        // Behind a final dot none is needed: its DATA was granted, so its transaction ends with it.
        WriteEnvelope(transfer, transaction, reset: _link.NeedsReset || (isBehind && transaction.UsesBdat));
        if (!transaction.UsesBdat)
        {
            transaction.WriteContentCommand(_out);
            transfer.Written++;
        }

        await FlushAsync();
        await _link.AnsweredAsync(transfer);
        if (_link.IsOpen(transfer))
            await SendContentAsync(transfer, transaction);
    }

    private async ValueTask SendStepwiseAsync(Transfer transfer, ClientTransaction transaction)
    {
        if (_link.NeedsReset)
        {
            _link.NeedsReset = false;
            transaction.WriteReset(_out);
            await AskAsync(transfer);
        }

        transaction.WriteMail(_out);
        await AskAsync(transfer);
        for (var i = 0; i < transaction.Count && _link.IsOpen(transfer) && !transaction.IsRefused; i++)
            if (transaction.WriteRcpt(_out, i))
                await AskAsync(transfer);
        if (!_link.IsOpen(transfer))
            return;
        if (!transaction.UsesBdat && transaction.HasTakers)
        {
            transaction.WriteContentCommand(_out);
            await AskAsync(transfer);
        }

        if (!_link.IsOpen(transfer))
            return;
        await SendContentAsync(transfer, transaction);
        await FlushAsync();
        await _link.AnsweredAsync(transfer);
    }

    // The envelope is answered. The body stays unflushed where the next envelope can travel behind it.
    private async ValueTask SendContentAsync(Transfer transfer, ClientTransaction transaction)
    {
        if (!transaction.HasTakers)
        {
            if (transaction.Stage != ClientStage.End || transaction.UsesBdat)
            {
                _link.Abandon(transfer);
                return;
            }

            // RFC 2920 §3.1: a 354 without a recipient is ended with a lone dot.
            transfer.Written++;
            _out.Write(".\r\n"u8);
            await FlushAsync();
            return;
        }

        if (transaction.UsesBdat)
        {
            transaction.WriteContentCommand(_out);
            await WriteBodyAsync(transfer);
        }
        else
            await WriteDataAsync(transfer);
        if (!_link.HasNext || _out.WrittenCount > Full)
            await FlushAsync();
    }

    private void WriteEnvelope(Transfer transfer, ClientTransaction transaction, bool reset)
    {
        _link.NeedsReset = false;
        transaction.WriteEnvelope(_out, reset);
        transfer.Written += transaction.Commands + (reset ? 1 : 0);
    }

    private async ValueTask WriteBodyAsync(Transfer transfer)
    {
        if (transfer.Assignment.Content.Length == 0)
            transfer.MarkEnd(_courier.Time.GetTimestamp());
        await ReadPiecesAsync(transfer, _writeChunk);
    }

    // A piece of a BDAT: copied if there is room, else written as it is.
    private async ValueTask WriteChunkAsync(Transfer transfer, ReadOnlyMemory<byte> piece, bool isLast)
    {
        if (isLast)
            transfer.MarkEnd(_courier.Time.GetTimestamp());
        if (_out.WrittenCount + piece.Length <= Full)
        {
            _out.Write(piece.Span);
            return;
        }

        await FlushAsync();
        await _link.Connection.WriteAsync(piece);
        _link.AwaitReply();
        if (!isLast)
            StopIfRefused(transfer);
    }

    private async ValueTask WriteDataAsync(Transfer transfer)
    {
        _dots = new DotWriter();
        await ReadPiecesAsync(transfer, _writeLines);
        transfer.MarkEnd(_courier.Time.GetTimestamp());
        _dots.Finish(_out);
        transfer.AddedLineEnd = _dots.AddedLineEnd;
    }

    private async ValueTask WriteLinesAsync(Transfer transfer, ReadOnlyMemory<byte> piece, bool isLast)
    {
        _dots.Write(piece.Span, _out);
        if (_out.WrittenCount <= Full)
            return;
        await FlushAsync();
        StopIfRefused(transfer);
    }

    // The mail in pieces of bounded size, out of memory or out of the spool.
    private static async ValueTask ReadPiecesAsync(Transfer transfer, WritePiece write)
    {
        var content = transfer.Assignment.Content;
        long done = 0;
        foreach (var whole in content.InMemory)
        {
            for (var at = 0; at < whole.Length; at += Full)
            {
                var piece = whole.Slice(at, Math.Min(Full, whole.Length - at));
                done += piece.Length;
                await write(transfer, piece, done == content.Length);
            }
        }

        if (content.InMemory.Count > 0 || content.Length == 0)
            return;
        var buffer = ArrayPool<byte>.Shared.Rent(Full);
        try
        {
            while (done < content.Length)
            {
                var piece = buffer.AsMemory(0, await ReadPieceAsync(transfer, done, buffer));
                done += piece.Length;
                await write(transfer, piece, done == content.Length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask<int> ReadPieceAsync(Transfer transfer, long offset, byte[] buffer)
    {
        var content = transfer.Assignment.Content;
        try
        {
            var most = (int)Math.Min(Full, content.Length - offset);
            var read = await content.ReadAsync(offset, buffer.AsMemory(0, most), CancellationToken.None);
            return read > 0
                ? read
                : throw new DamageException(transfer, "the stored mail is shorter than it was", null);
        }
        catch (IOException failed)
        {
            // The disk, not the mail: it waits, and the operator is called.
            throw new DamageException(transfer, null, failed);
        }
        catch (Exception damaged) when (damaged is not (IOException or DamageException))
        {
            throw new DamageException(transfer, damaged.Message, damaged);
        }
    }

    private void StopIfRefused(Transfer transfer)
    {
        if (!_link.IsOpen(transfer))
            throw new ConnectionLostException("the next hop refused the mail before it had all of it");
    }

    private async ValueTask AskAsync(Transfer transfer)
    {
        transfer.Written++;
        await FlushAsync();
        await _link.AnsweredAsync(transfer);
        _link.IsOpen(transfer);
    }

    private async ValueTask FlushAsync()
    {
        if (_out.WrittenCount == 0)
            return;
        _link.AwaitReply();
        await _link.Connection.WriteAsync(_out.WrittenMemory);
        _out.ResetWrittenCount();
    }
}

/// <summary>The mail to be sent could not be read back.</summary>
/// <param name="transfer">Whose.</param>
/// <param name="what">What is wrong with it; null if it is not the mail but the disk.</param>
internal sealed class DamageException(Transfer transfer, string? what, Exception? inner)
    : Exception(what ?? inner?.Message, inner)
{
    public Transfer Transfer { get; } = transfer;

    public string? What { get; } = what;

    public Failure Failure =>
        new(Fault.Ourselves, new EnhancedStatus(4, 3, 0), $"the stored mail cannot be read: {Message}", null);
}

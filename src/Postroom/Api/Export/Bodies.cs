using System.Buffers;
using Postroom.Mail;
using Postroom.Relay.Spool;

namespace Postroom.Api.Export;

/// <summary>The bytes of one mail, as they leave or left.</summary>
internal readonly record struct Body(MailId Mail, MailContent Content);

/// <summary>Shows the bytes of mails: the one way, so that each mail's timeline says who saw them.</summary>
internal sealed class Bodies(Witness witness)
{
    private const int ReadAtOnce = 64 * 1024;

    /// <summary>Copies a mail.</summary>
    /// <param name="who">Is on record before the first octet goes.</param>
    /// <exception cref="ApiProblem">It is not what was accepted. Nothing of it was shown.</exception>
    public async Task CopyAsync(Body body, string who, Stream into, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadAtOnce);
        try
        {
            var first = await FirstAsync(body, buffer, cancel);
            await witness.OpenedAsync(body.Mail, who);
            for (long at = 0; at < body.Content.Length;)
            {
                var read = at == 0 ? first : await ReadAsync(body, at, buffer, cancel);
                await into.WriteAsync(buffer.AsMemory(0, read), cancel);
                at += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // A mail that turns out to be damaged half way through could not be taken back: what does not fit into the buffer
    // is read once before.
    private static async Task<int> FirstAsync(Body body, byte[] buffer, CancellationToken cancel)
    {
        try
        {
            for (var at = (long)buffer.Length; at < body.Content.Length;)
                at += await ReadAsync(body, at, buffer, cancel);
            var filled = 0;
            while (filled < buffer.Length && filled < body.Content.Length)
                filled += await ReadAsync(body, filled, buffer.AsMemory(filled), cancel);
            return filled;
        }
        catch (DamagedBodyException e)
        {
            throw new ApiProblem(410,
                $"the bytes of mail {body.Mail} are no longer there as they were accepted", e.Message);
        }
    }

    private static async ValueTask<int> ReadAsync(Body body, long at, Memory<byte> into, CancellationToken cancel) =>
        await body.Content.ReadAsync(at, into, cancel) is > 0 and var read ? read
            : throw new DamagedBodyException("the stored mail is shorter than it was");
}

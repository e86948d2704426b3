using System.Buffers.Text;
using System.Net;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>The body of a request, which says when the last of it leaves.</summary>
/// <remarks>
/// A body that is empty goes through here too: the header of a request leaves together with the first octets of its
/// body, and of a connection that could not be made nobody hears.
/// </remarks>
/// <param name="octets">What to send.</param>
/// <param name="asBase64">In base64 (RFC 4648 §4), encoded on the way: twice a large mail in memory is enough.</param>
internal sealed class GraphContent(ReadOnlyMemory<byte> octets, bool asBase64, OnTheWire wire) : HttpContent
{
    private const int Piece = 48 * 1024; // a multiple of 3

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var text = asBase64 ? new byte[Base64.GetMaxEncodedToUtf8Length(Piece)] : [];
        for (var at = 0; ; at += Piece)
        {
            var piece = octets.Slice(at, Math.Min(Piece, octets.Length - at));
            var isLast = at + piece.Length == octets.Length;
            if (isLast)
                wire.Mark();
            if (asBase64)
            {
                Base64.EncodeToUtf8(piece.Span, text, out _, out var written);
                await stream.WriteAsync(text.AsMemory(0, written), cancellationToken);
            }
            else
                await stream.WriteAsync(piece, cancellationToken);
            if (isLast)
                return;
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override bool TryComputeLength(out long length)
    {
        length = asBase64 ? (octets.Length + 2L) / 3 * 4 : octets.Length;
        return true;
    }
}

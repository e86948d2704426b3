using MimeKit;

namespace Postroom.Mail.Content;

/// <summary>Counts what a mail is made of, and keeps nothing: a mail of a hundred thousand parts must not be built in
/// memory to find out that it is one.</summary>
internal sealed class PartScan : MimeReader
{
    private readonly ContentLimits _limits;
    private readonly Stop _stop = new();
    private int _parts;
    private int _fields;

    private PartScan(Stream mail, ContentLimits limits, ParserOptions options)
        : base(options, mail, MimeFormat.Entity) => _limits = limits;

    /// <summary>How far a mail may be read, and why no further.</summary>
    /// <param name="mail">At its start, and seekable.</param>
    /// <returns>Its length and null, where all of it may be.</returns>
    public static (long Octets, string? Cut) Reach(Stream mail, ContentLimits limits, ParserOptions options)
    {
        var scan = new PartScan(mail, limits, options);
        try
        {
            scan.ReadMessage(CancellationToken.None);
            return (mail.Length, null);
        }
        catch (StopException)
        {
            return (scan._stop.At, scan._stop.Why);
        }
        catch (FormatException) // there is no header at all: whoever reads on finds what there is
        {
            return (mail.Length, null);
        }
    }

    protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken)
    {
        _fields++;
        if (_fields > _limits.Fields)
            throw _stop.Here(header.Offset ?? 0, $"only the first {_limits.Fields} header fields were read");
    }

    protected override void OnMimePartBegin(
        ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken) =>
        Count(beginOffset);

    protected override void OnMultipartBegin(
        ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken) =>
        Count(beginOffset);

    protected override void OnMessagePartBegin(
        ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken) =>
        Count(beginOffset);

    private void Count(long at)
    {
        _parts++;
        if (_parts > _limits.Parts)
            throw _stop.Here(at, $"only the first {_limits.Parts} parts were read");
    }

    private sealed class Stop
    {
        public long At { get; private set; }

        public string? Why { get; private set; }

        public StopException Here(long at, string why)
        {
            (At, Why) = (at, why);
            return new StopException();
        }
    }

    private sealed class StopException : Exception;
}

using MimeKit;
using Postroom.Mail;
using Postroom.Mail.Status;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>A mail taken apart: the text to show, and everything else as attachments.</summary>
/// <remarks>
/// Only for a draft; else no mail on its way is parsed. Bounded before anything is built: a first reading counts parts
/// and depth. The octets of the parts stay where they are until they are asked for.
/// </remarks>
internal sealed class LargeMail
{
    /// <param name="Number">Its place, from 1: what it is called if it has no name.</param>
    /// <param name="Size">Octets, decoded.</param>
    /// <param name="Octets">They themselves, where there are few.</param>
    internal readonly record struct File(MimeEntity Part, int Number, long Size, ReadOnlyMemory<byte> Octets);

    private LargeMail(MimeMessage message) => Message = message;

    public MimeMessage Message { get; }

    /// <summary>What is shown; null if there is no text.</summary>
    public TextPart? Text { get; private set; }

    public List<MimeEntity> Attachments { get; } = [];

    /// <summary>The mail, or why it cannot go.</summary>
    public static async Task<(LargeMail? Mail, Failure? Failure)> ReadAsync(
        Content content, GraphSettings settings, CancellationToken cancel)
    {
        if (content.Length > settings.LargestMail)
            return (null, TooLarge($"{content.Length} octets, and Graph takes no more than {settings.LargestMail}"));
        var options = new ParserOptions { MaxMimeDepth = settings.DeepestPart };
        await using var stream = new ContentStream(content);
        try
        {
            using var counter = new PartCounter(options, stream, settings);
            await counter.ReadMessageAsync(cancel);
            stream.Position = 0;

            // The stream is not closed by the parser: the parts read from it later.
            var parser = new MimeParser(options, new ContentStream(content), MimeFormat.Entity, persistent: true);
            var mail = new LargeMail(await parser.ParseMessageAsync(cancel));
            if (mail.Message.Body is { } body && mail.Find(body) is { } sealedPart)
                return (null, new Failure(Fault.Message, new EnhancedStatus(5, 6, 3),
                    $"{content.Length} octets: a mail this large is taken apart for Graph, and {sealedPart} would not "
                    + "survive that", null));
            return (mail, null);
        }
        catch (FormatException odd)
        {
            return (null, new Failure(Fault.Message, new EnhancedStatus(5, 6, 0), Printable.Of(odd.Message), null));
        }
    }

    public static Failure TooLarge(string why) =>
        new(Fault.Message, new EnhancedStatus(5, 3, 4), "the mail is too large: " + why, null);

    /// <summary>How many octets a part has, decoded.</summary>
    public static async Task<long> SizeOfAsync(MimeEntity part, CancellationToken cancel)
    {
        await using var counted = new PieceStream(0, null);
        await WriteAsync(part, counted, cancel);
        return counted.Total;
    }

    /// <summary>Writes an attachment's octets.</summary>
    public static Task WriteAsync(MimeEntity attachment, Stream to, CancellationToken cancel) => attachment switch
    {
        MimePart { Content: { } octets } => octets.DecodeToAsync(to, cancel),
        MessagePart { Message: { } message } => message.WriteToAsync(to, cancel),
        _ => Task.CompletedTask,
    };

    // What would be broken by taking it apart; null if nothing is.
    private string? Find(MimeEntity body)
    {
        var others = new HashSet<MimeEntity>();
        Text = TextOf(body, others);
        var open = new Stack<MimeEntity>([body]);
        while (open.TryPop(out var entity))
        {
            if (entity.ContentType.IsMimeType("multipart", "signed")
                || entity.ContentType.IsMimeType("multipart", "encrypted")
                || entity.ContentType.IsMimeType("application", "pkcs7-mime")
                || entity.ContentType.IsMimeType("application", "x-pkcs7-mime"))
                return "its signature or encryption";
            if (entity is Multipart parts)
                foreach (var part in parts.Reverse())
                    open.Push(part);
            else if (entity != Text && !others.Contains(entity))
                Attachments.Add(entity);
        }

        return null;
    }

    // HTML before plain text; the text that says the same in another way is left out with it, in `others`.
    private static TextPart? TextOf(MimeEntity entity, HashSet<MimeEntity> others)
    {
        switch (entity)
        {
            case TextPart { IsAttachment: false } text when text.IsHtml || text.IsPlain:
                return text;
            case MultipartAlternative ways:
                var texts = ways.Select(way => TextOf(way, others)).OfType<TextPart>().ToList();
                var best = texts.Find(text => text.IsHtml) ?? texts.LastOrDefault();
                others.UnionWith(texts.Where(text => text != best));
                return best;
            case MultipartRelated { Root: { } root }:
                return TextOf(root, others);
            case Multipart mixed:
                return mixed.Select(part => TextOf(part, others)).FirstOrDefault(text => text is not null);
            default:
                return null;
        }
    }

    private sealed class PartCounter(ParserOptions options, Stream stream, GraphSettings settings)
        : MimeReader(options, stream, MimeFormat.Entity), IDisposable
    {
        private int _parts;

        public void Dispose()
        {
        }

        protected override void OnMimePartBegin(
            ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken) =>
            Count();

        protected override Task OnMimePartBeginAsync(
            ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
        {
            Count();
            return Task.CompletedTask;
        }

        protected override Task OnMultipartBeginAsync(
            ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
        {
            Count();
            return Task.CompletedTask;
        }

        protected override Task OnMessagePartBeginAsync(
            ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken)
        {
            Count();
            return Task.CompletedTask;
        }

        private void Count()
        {
            if (++_parts > settings.MostParts)
                throw new FormatException($"the mail has more than {settings.MostParts} parts");
        }
    }
}

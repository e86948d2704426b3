using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using MimeKit;

namespace Postroom.Relay.Delivery.Graph;

/// <summary>Writes what Graph wants to know of a draft and its attachments.</summary>
internal static class DraftJson
{
    // Graph takes no more than this many fields of a header, and only those whose names begin with X-.
    private const int MostFields = 5;

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The draft, with such attachments as go along with it.</summary>
    public static ReadOnlyMemory<byte> Message(
        LargeMail mail, Readdressed to, IReadOnlyList<LargeMail.File> files) => Written(json =>
    {
        json.WriteString("subject", mail.Message.Subject ?? "");
        if (mail.Message.MessageId is { Length: > 0 } id)
            json.WriteString("internetMessageId", $"<{id}>");
        json.WriteStartObject("body");
        json.WriteString("contentType", mail.Text is { IsHtml: true } ? "html" : "text");
        json.WriteString("content", mail.Text?.Text ?? "");
        json.WriteEndObject();
        if (mail.Message.From.Mailboxes.FirstOrDefault() is { } from)
            Person(json, "from", (from.Name, from.Address));
        People(json, "toRecipients", to.To);
        People(json, "ccRecipients", to.Cc);
        People(json, "bccRecipients", to.Bcc);
        People(json, "replyTo", [.. mail.Message.ReplyTo.Mailboxes.Select(m => ((string?)m.Name, m.Address))]);
        Fields(json, mail.Message);
        if (files.Count == 0)
            return;
        json.WriteStartArray("attachments");
        foreach (var file in files)
        {
            json.WriteStartObject();
            Whole(json, file);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>An attachment with its octets, for a request of its own.</summary>
    public static ReadOnlyMemory<byte> Attachment(LargeMail.File file) => Written(json => Whole(json, file));

    /// <summary>An attachment whose octets follow in an upload session.</summary>
    public static ReadOnlyMemory<byte> Session(LargeMail.File file) => Written(json =>
    {
        json.WriteStartObject("AttachmentItem");
        json.WriteString("attachmentType", "file");
        json.WriteNumber("size", file.Size);
        About(json, file);
        json.WriteEndObject();
    });

    private static ReadOnlyMemory<byte> Written(Action<Utf8JsonWriter> what)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            what(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void Whole(Utf8JsonWriter json, LargeMail.File file)
    {
        json.WriteString("@odata.type", "#microsoft.graph.fileAttachment");
        About(json, file);
        json.WriteBase64String("contentBytes", file.Octets.Span);
    }

    private static void About(Utf8JsonWriter json, LargeMail.File file)
    {
        var part = file.Part;
        json.WriteString("name", NameOf(part, file.Number));
        json.WriteString("contentType", part.ContentType.MimeType);
        if (part.ContentId is not { Length: > 0 } id)
            return;
        json.WriteString("contentId", id);
        json.WriteBoolean("isInline", part.ContentDisposition is not { IsAttachment: true });
    }

    private static string NameOf(MimeEntity part, int number)
    {
        var name = part.ContentDisposition?.FileName ?? part.ContentType.Name;
        if (name is { Length: > 0 and <= 255 })
            return name;
        return part is MessagePart ? $"message-{number}.eml" : $"part-{number}";
    }

    private static void People(Utf8JsonWriter json, string name, List<(string? Name, string Address)> people)
    {
        if (people.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (var person in people)
            Person(json, null, person);
        json.WriteEndArray();
    }

    private static void Person(Utf8JsonWriter json, string? name, (string? Name, string Address) person)
    {
        if (name is null)
            json.WriteStartObject();
        else
            json.WriteStartObject(name);
        json.WriteStartObject("emailAddress");
        if (person.Name is { Length: > 0 } shown)
            json.WriteString("name", shown);
        json.WriteString("address", person.Address);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Fields(Utf8JsonWriter json, MimeMessage message)
    {
        var fields = message.Headers.Where(f => f.Field.StartsWith("X-", StringComparison.OrdinalIgnoreCase))
            .Take(MostFields).ToList();
        if (fields.Count == 0)
            return;
        json.WriteStartArray("internetMessageHeaders");
        foreach (var field in fields)
        {
            json.WriteStartObject();
            json.WriteString("name", field.Field);
            json.WriteString("value", field.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Postroom.Mail;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Spool.Disk;

namespace Postroom.Relay.Identity;

/// <summary>The file in the data folder that says on which machine the installation is live.</summary>
public static class BindingFile
{
    private static readonly Binding Unreadable = new() { Machine = new Machine("an unknown machine") };

    /// <summary>Reads it. A file that says nothing that is understood binds to no machine that there is: whoever it was
    /// for is not guessed.</summary>
    /// <exception cref="IOException">It is there, and could not be read: what it says may be well.</exception>
    public static (Binding Binding, string? Trouble) Read(string file)
    {
        try
        {
            if (!File.Exists(file))
                return (new Binding(), null);
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), BindingJson.Default.KeptBinding) is { } kept
                ? (Of(kept), null) : (Unreadable, "it is empty");
        }
        catch (JsonException e)
        {
            return (Unreadable, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"{file} cannot be read, and where this installation is live is not known without it: {e.Message}", e);
        }
    }

    /// <summary>Writes it whole; durable when this returns.</summary>
    /// <exception cref="IOException">It cannot be written, and is as it was.</exception>
    public static void Write(string file, Binding binding)
    {
        var text = JsonSerializer.Serialize(new KeptBinding(binding.Machine, binding.At, binding.By)
        {
            Moved = Of(binding.Moved), Seen = Of(binding.Seen), Overruled = binding.Overruled,
        }, BindingJson.Default.KeptBinding) + "\n";
        try
        {
            WholeFile.Replace(file, text);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private static Binding Of(KeptBinding kept) => new()
    {
        Machine = kept.Machine, At = kept.At, By = kept.By, Moved = Of(kept.Moved), Seen = Of(kept.Seen),
        Overruled = kept.Overruled,
    };

    private static KeptBorder? Of(Border? border) =>
        border is null ? null : new KeptBorder(border.Before.ToString(), border.From, border.To);

    private static Border? Of(KeptBorder? kept) => kept is null ? null
        : MailId.TryParse(kept.Before, out var id) ? new Border(id, kept.From, kept.To)
        : throw new JsonException($"{kept.Before} is no id of a mail");
}

/// <summary>As it lies in the file.</summary>
internal sealed record KeptBinding(Machine? Machine, DateTimeOffset At, string? By)
{
    public KeptBorder? Moved { get; init; }

    public KeptBorder? Seen { get; init; }

    public string? Overruled { get; init; }
}

/// <summary>As it lies in the file.</summary>
internal sealed record KeptBorder(string Before, string From, string To);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KeptBinding))]
internal sealed partial class BindingJson : JsonSerializerContext;

using System.Text.Json;
using Postroom.Configuration;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Records;

namespace Postroom.Fuzz.Targets;

/// <summary>Files: the records of the spool, and what a person wrote.</summary>
internal static class FileTargets
{
    public static readonly FuzzTarget Records = new("records", ReadRecord,
        "\x01", "\x02", "\x03", "\x04", "\x05", "\x06", "\x07", "\0", "\x80\x01",
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        "\x04abc", "\x08a@b.com", "\xff\x7f", "\x80\x80\x80\x80\x10") { Cost = 6 };

    public static readonly FuzzTarget Configuration = new("configuration", ReadConfiguration,
        "mode = \"live\"\n", "hostname = ", "[[listener]]\n", "[listener]\n", "[[route]]\n", "[queue]\n", "[spool]\n",
        "address = \"127.0.0.1:2525\"\n", "address = ", "tls = \"none\"\n", "allow = [\"10.0.0.0/8\"]\n", "port = 25\n",
        "port = 99999999999999999999\n", "host = \"x\"\n", "name = \"x\"\n", "give_up = \"5d\"\n", "\"", "'", "\"\"\"",
        "'''", "[", "]", "{", "}", "=", ".", ",", "#", "\n", "\r", "\t", "\\u0041", "\\", "\0", "\u00ff",
        "\u00c3\u00bc",
        "1979-05-27T07:32:00Z", "0x1F", "1e400", "inf", "nan", "true", "strictness = \"lenient\"\n",
        "socket_mode = \"0660\"\n", "message_size = \"50M\"\n", "idle = \"20m\"\n") { Cost = 40 };

    private static void ReadRecord(byte[] input)
    {
        var choices = new Choices(input);
        var kind = (FrameKind)(choices.Next() % 9);
        if (Read(kind, choices.Rest) is not { } record)
            return;
        Must.Hold(RecordEncoding.KindOf(record) == kind, "a record is of its kind");
        var (once, octets) = (Shown(record), Written(record));
        var again = Read(kind, octets);
        Must.Hold(again is not null, "a record that was read can be written and read");
        Must.Equal(once, Shown(again!), "a record that is written means the same");
        Must.Equal(octets, Written(again!), "a record has one form when it is written");
    }

    private static JournalRecord? Read(FrameKind kind, byte[] payload)
    {
        try
        {
            return RecordDecoding.Read(kind, payload);
        }
        catch (InvalidDataException)
        {
            return null; // as documented
        }
    }

    private static byte[] Written(JournalRecord record)
    {
        var to = new PayloadWriter(new byte[64], 0);
        RecordEncoding.Write(ref to, record);
        return to.Buffer[..to.Length];
    }

    private static readonly JsonSerializerOptions AnyNumber = new()
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private static string Shown(JournalRecord record) => JsonSerializer.Serialize<object>(record, AnyNumber);

    private static void ReadConfiguration(byte[] octets)
    {
        var text = Choices.TextOf(octets);
        var reading = ConfigurationReader.Read(new ConfigurationSource(text, "postroom.toml",
            new Dictionary<string, string>(), "machine.example", "data"));
        var lines = 1 + text.Count(c => c == '\n');
        Must.Hold(reading.Configuration is not null || reading.Mistakes.Any(m => !m.IsWarning),
            "what is refused is refused for a reason");
        foreach (var mistake in reading.Mistakes)
        {
            Must.Hold(mistake.What.Length > 0, "a mistake is told in words");
            Must.Hold(mistake.Place.Line <= lines + 1 && mistake.Place.Line >= 0, "a mistake has a place in the file");
        }
    }
}
